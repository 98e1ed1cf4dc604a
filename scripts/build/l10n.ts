// npm run l10n: the texts of the extension and its chat surface, for translators. With --check it only says whether the
// file is what the sources give.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { getL10nJson } from '@vscode/l10n-dev'
import { root } from './project.ts'

const file = join(root, 'extension', 'l10n', 'bundle.l10n.json')

const { values } = parseArgs({ options: { check: { type: 'boolean' } } })
const texts = await exportTexts()
if (!values.check) await writeFile(file, texts)
else if ((await readFile(file, 'utf8').catch(() => '')) !== texts) {
  console.error(`${relative(root, file)} is not what the sources say: run \`npm run l10n\``)
  process.exitCode = 1
}

/** The bundle in the order of the texts, so that a change shows as just that change. */
async function exportTexts(): Promise<string> {
  const sources = await Promise.all(['src', 'surface'].map(folder => sourcesOf(join(root, 'extension', folder))))
  const bundle = await getL10nJson(sources.flat())
  const sorted = Object.fromEntries(Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${JSON.stringify(sorted, null, 2)}\n`
}

async function sourcesOf(folder: string): Promise<{ contents: string; extension: string }[]> {
  const names = (await readdir(folder, { recursive: true })).filter(name => /\.tsx?$/.test(name)).sort()
  return Promise.all(
    names.map(async name => ({ contents: await readFile(join(folder, name), 'utf8'), extension: extname(name) })),
  )
}
