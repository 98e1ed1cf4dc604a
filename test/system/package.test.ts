import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Packaged, packageExtension, weighPackage } from '../../scripts/build/vsix.ts'
import { temporaryFolder } from '../support/folder.ts'

describe('the package of the extension', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let packaged: Packaged

  before(async function () {
    this.timeout(60_000)
    folder = await temporaryFolder()
    packaged = await packageExtension(folder.path)
  })

  after(() => folder[Symbol.asyncDispose]())

  const read = (file: string) => readFile(join(packaged.folder, file), 'utf8')

  it('is one file, not too heavy to be downloaded by everybody', async () => {
    const { lines, tooHeavy } = await weighPackage(packaged)
    console.log(`      ${lines.join('\n      ')}`)
    assert.equal(existsSync(packaged.vsix), true)
    assert.deepEqual(tooHeavy, [])
  })

  it('carries the daemon and the licences of all that is in it, and nothing of the work tree', async () => {
    const files = await readdir(packaged.folder, { recursive: true })
    for (const file of [
      'LICENSE',
      'README.md',
      'dist/LICENSES.txt',
      'dist/surface-LICENSES.txt',
      'dist/daemon/LICENSES.txt',
      'dist/daemon/bin/parley.js',
      'dist/daemon/dist/writer.js',
    ]) {
      assert.equal(files.includes(join(file)), true, file)
    }
    assert.deepEqual(
      files.filter(file => /node_modules|\.tsx?$|\.map$|\.node$|surface\/main/.test(file)),
      [],
    )
  })

  it('has every file and every text that its manifest names', async () => {
    const text = await read('package.json')
    const manifest: Record<string, unknown> = JSON.parse(text)
    assert.deepEqual(
      ['dependencies', 'scripts', 'private', 'type', 'exports'].filter(field => field in manifest),
      [],
    )
    const named = [...text.matchAll(/"((?:\.\/)?(?:media|dist)\/[^"]+)"/g)].map(([, file = '']) => file)
    assert.deepEqual(
      named.filter(file => !existsSync(join(packaged.folder, file))),
      [],
    )

    const texts: Record<string, string> = JSON.parse(await read('package.nls.json'))
    const asked = new Set([...text.matchAll(/"%([^"%]+)%"/g)].map(([, key = '']) => key))
    assert.deepEqual(
      [...asked].filter(key => !(key in texts)),
      [],
      'texts that are missing',
    )
    assert.deepEqual(
      Object.keys(texts).filter(key => !asked.has(key)),
      [],
      'texts that nothing asks for',
    )
  })

  it('declares every command that its menus, views and texts call', async () => {
    const text = await read('package.json')
    const { contributes } = JSON.parse(text)
    const declared = new Set(contributes.commands.map(({ command }: { command: string }) => command))
    const called = [
      ...text.matchAll(/"command": "(parley\.[\w.]+)"/g),
      ...text.matchAll(/onCommand:(parley\.[\w.]+)/g),
      ...(await read('package.nls.json')).matchAll(/command:(parley\.[\w.]+)/g),
    ].map(([, command = '']) => command)
    assert.deepEqual(
      called.filter(command => !declared.has(command)),
      [],
    )
  })
})
