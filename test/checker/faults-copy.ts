import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault, Patch } from './faults.ts'

/** A copy of the product's sources and of the checker in a folder of its own, with a fault planted in it or none. */
export interface Copy extends AsyncDisposable {
  readonly path: string
}

/** Throws when a patch does not fit any more. */
export async function copyWith(patches: readonly Patch[]): Promise<Copy> {
  const path = await mkdtemp(join(tmpdir(), 'parley-planted-'))
  const copy = { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
  try {
    for (const part of copied) {
      await mkdir(join(path, part, '..'), { recursive: true })
      await cp(join(root, part), join(path, part), { recursive: true })
    }
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'), 'junction')
    for (const patch of patches) await plant(path, patch)
    return copy
  } catch (error) {
    await copy[Symbol.asyncDispose]()
    throw error
  }
}

/** What of a fault's patches does not fit the product as it is: a sentence each. */
export async function misfits({ name, patches }: Fault): Promise<string[]> {
  const wrong = await Promise.all(patches.map(async patch => misfit(patch, await read(root, patch))))
  return wrong.filter(why => why !== undefined).map(why => `${name}: ${why}`)
}

async function plant(folder: string, patch: Patch): Promise<void> {
  const text = await read(folder, patch)
  const why = misfit(patch, text)
  if (why !== undefined) throw new Error(why)
  await writeFile(
    join(folder, sources, patch.file),
    text.replace(patch.from, () => patch.to),
  )
}

function misfit({ file, from }: Patch, text: string): string | undefined {
  const count = text.split(from).length - 1
  if (count === 1) return undefined
  const words = count === 0 ? 'no longer says' : `says ${count} times`
  return `${file} ${words} "${from.trim()}". The fault that replaces this has to be written anew.`
}

function read(folder: string, { file }: Patch): Promise<string> {
  return readFile(join(folder, sources, file), 'utf8')
}

const root = join(import.meta.dirname, '../..')
const sources = 'daemon/src'
/** What the checker needs to run in a folder of its own; packages are those of the tree. */
const copied = ['package.json', 'daemon/package.json', sources, 'test/package.json', 'test/checker', 'test/support']
