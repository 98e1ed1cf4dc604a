import { type Browser, chromium } from 'playwright-core'
import { fetchChromium } from './fetch.ts'

/** Starts a headless Chromium, which a test closes. It asks nothing of the web by itself. */
export async function launchChromium(): Promise<Browser> {
  const { path, env } = await fetchChromium()
  return await chromium.launch({ executablePath: path, args, env: { ...process.env, ...env }, timeout: 30_000 })
}

const args = [
  '--no-sandbox', // it may not be had as root, nor inside a container
  '--no-zygote',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  '--force-color-profile=srgb',
]
