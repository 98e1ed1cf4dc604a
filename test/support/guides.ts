import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const guides = join(import.meta.dirname, '..', '..', 'docs', 'guides')

/** Writes every file that a guide has in whole, a code fence with `file=PATH`, into `folder`; gives their paths. */
export async function writeFilesOf(guide: string, folder: string): Promise<string[]> {
  const text = await readFile(join(guides, guide), 'utf8')
  const files = [...text.matchAll(/^```\w+ file=(\S+)\n(.*?)^```$/gms)]
  for (const [, path = '', content = ''] of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
  return files.map(([, path = '']) => path)
}
