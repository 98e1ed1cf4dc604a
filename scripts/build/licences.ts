import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { readManifest, root } from './project.ts'

/**
 * The licences of this project and of every package whose code is in a bundle, whole, as most of them ask for.
 * @throws Error when a package has none: then it may not be shipped
 */
export async function licencesOf({ inputs }: Metafile): Promise<string> {
  const folders = new Set(
    Object.keys(inputs).flatMap(file => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  )
  const own = `Parley\n\n${await readFile(join(root, 'LICENSE'), 'utf8')}`
  const others = await Promise.all([...folders].sort().map(licenceOf))
  return [own, ...others].join(`\n${'-'.repeat(80)}\n\n`)
}

async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = await readManifest(folder)
  const files = (await readdir(join(root, folder))).filter(file => /^(licen[cs]e|notice|copying)/i.test(file))
  if (files.length === 0 && !license) throw new Error(`${name} has no licence; it cannot be part of a bundle`)
  const texts = await Promise.all(files.map(file => readFile(join(root, folder, file), 'utf8')))
  return `${name} ${version} (${license})\n\n${texts.join('\n')}`
}
