import { execFile } from 'node:child_process'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { cached, exists, installPackages, type Tell } from './cache.ts'

/** VS Code 1.139 with its real extension host, served to a browser. */
const codeServerVersion = '4.139.1'
const chromiumVersion = '153.0.0'
const fontsVersion = '2.37.3'

/** The script that starts code-server; fetched once, about 600 MB on disk. Needs Node 24 to run. */
export async function fetchCodeServer(tell: Tell = console.error): Promise<string> {
  const folder = await cached('code-server', codeServerVersion, async staging => {
    tell('Fetching VS Code (code-server) from npm, once. This takes about half a minute.')
    await installPackages(staging, [`code-server@${codeServerVersion}`], tell)
    // Its own installation script would fetch these, and compile what is native among them.
    const code = join(staging, 'node_modules', 'code-server', 'lib', 'vscode')
    await Promise.all([code, join(code, 'extensions')].map(each => installPackages(each, [], tell)))
    await cp(join(import.meta.dirname, 'spdlog.cjs'), join(code, 'node_modules', '@vscode', 'spdlog', 'index.js'))
    tell('VS Code is here.')
  })
  return join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js')
}

/** A Chromium program, and the environment that it wants. */
export interface ChromiumProgram {
  readonly path: string
  readonly env: Readonly<Record<string, string>>
}

/** The Chromium of this machine; where there is none, one that comes inside an npm package, fetched once. */
export async function fetchChromium(tell: Tell = console.error): Promise<ChromiumProgram> {
  for (const path of installed()) if (await exists(path)) return { path, env: {} }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('there is no Chromium for the tests: install one with `npx playwright-core install chromium`')
  }
  const folder = await cached('chromium', chromiumVersion, (staging, final) => unpackChromium(staging, final, tell))
  return {
    path: join(folder, 'chromium'),
    env: {
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
      // The libraries that a bare system lacks; the dynamic linker takes the system's own only for what is not here.
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
    },
  }
}

function installed(): string[] {
  const named = process.env.PARLEY_CHROMIUM
  const playwright = chromium.executablePath()
  const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  return [...(named ? [named] : []), ...usual, ...(playwright ? [playwright] : [])]
}

async function unpackChromium(staging: string, final: string, tell: Tell): Promise<void> {
  tell('Fetching Chromium from npm, once. This takes about ten seconds.')
  const npm = join(staging, 'npm')
  const specs = [`@sparticuz/chromium@${chromiumVersion}`, `dejavu-fonts-ttf@${fontsVersion}`]
  await mkdir(npm)
  await installPackages(npm, specs, tell)
  const script = join(npm, 'node_modules', '@sparticuz', 'chromium', 'build', 'index.js')
  // It unpacks into the folder for temporary files, and its libraries only where it believes to be in that cloud.
  const env = { ...process.env, TMPDIR: staging, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' }
  const unpack = `(await import(${JSON.stringify(script)})).default.executablePath()`
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', `await ${unpack}`], { env })
  await cp(join(npm, 'node_modules', 'dejavu-fonts-ttf', 'ttf'), join(staging, 'fonts', 'dejavu'), { recursive: true })
  await writeFile(join(staging, 'fonts.conf'), fontsConf(join(final, 'fonts'), join(final, 'fonts-cache')))
  await rm(npm, { recursive: true })
  tell('Chromium is here.')
}

/** The same fonts on every machine, so that pictures can be compared. Without any font at all Chromium ends itself. */
function fontsConf(fonts: string, fontsCache: string): string {
  const prefer = (family: string, font: string) =>
    `<alias><family>${family}</family><prefer><family>${font}</family></prefer></alias>`
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${fonts}</dir>
  <cachedir>${fontsCache}</cachedir>
  ${prefer('sans-serif', 'Open Sans')}
  ${prefer('system-ui', 'Open Sans')}
  ${prefer('monospace', 'DejaVu Sans Mono')}
  ${prefer('serif', 'DejaVu Serif')}
</fontconfig>
`
}
