import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageExtension } from '../../../scripts/build/vsix.ts'

let packaged: Promise<string> | undefined

/** The .vsix under test: what `npm test` has packaged; else this process packages it, once. */
export function extensionPackage(): Promise<string> {
  const given = process.env.PARLEY_TEST_VSIX
  if (given) return Promise.resolve(given)
  packaged ??= packageNow()
  return packaged
}

/** The same, unpacked: a folder that VS Code can develop. */
export async function extensionFolder(): Promise<string> {
  return join(await extensionPackage(), '..', 'extension')
}

async function packageNow(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-vsix-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const { vsix } = await packageExtension(folder)
  return vsix
}
