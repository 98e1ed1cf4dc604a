import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

/** What the scripts read of a package.json. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly engines: { readonly node: string }
  /** What the package ships besides LICENSE, README.md and package.json. */
  readonly files: readonly string[]
  readonly exports: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** The package.json of `folder`, a path from the root. */
export async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
}
