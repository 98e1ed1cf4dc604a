import assert from 'node:assert/strict'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buildDaemon } from '../../scripts/build/bundle.ts'
import { readManifest } from '../../scripts/build/project.ts'

/** Files of a bundled daemon besides those that every one has, by path. */
export type Extra = Readonly<Record<string, string>>

/** Makes a folder that is laid out as the daemon that the extension ships. */
export async function makeBundle(folder: string, version: string, extra: Extra = {}): Promise<string> {
  const files: Extra = {
    'package.json': JSON.stringify({ name: 'parley-daemon', version, type: 'module' }),
    'bin/parley.js': `console.log(${JSON.stringify(version)})\n`,
    'dist/main.js': `export const version = ${JSON.stringify(version)}\n`,
    ...extra,
  }
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, ...name.split('/'))
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, content)
  }
  return folder
}

/** Builds the daemon as the extension ships it, and gives copies of it that say that they are another version. */
export async function buildBundles(folder: string) {
  const built = path.join(folder, 'built')
  await buildDaemon(built)
  const { version } = await readManifest('daemon')
  return {
    version,
    async as(other: string): Promise<string> {
      const copy = path.join(folder, `as-${other}`)
      await cp(built, copy, { recursive: true })
      for (const [name, quoted] of [
        ['package.json', (text: string) => `"version": "${text}"`],
        ['dist/main.js', (text: string) => `name:"@parley/daemon",version:"${text}"`],
      ] as const) {
        const file = path.join(copy, name)
        const content = await readFile(file, 'utf8')
        assert.ok(content.includes(quoted(version)), `${name} does not say its version as expected`)
        await writeFile(file, content.replace(quoted(version), quoted(other)))
      }
      return copy
    },
  }
}
