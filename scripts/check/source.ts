import { posix } from 'node:path'

/** What a rule sees of one file. */
export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
  /** The text without its comments and without what its strings say. */
  readonly code: string
  /** What it imports, as written. */
  readonly imports: readonly string[]
}

export function readSource(path: string, text: string): SourceFile {
  const imports = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*['"]([^'"]+)['"]/g)].flatMap(
    found => found[1] ?? [],
  )
  return { path, text, code: codeOf(text), imports }
}

/** Where a relative import leads, from the root; `undefined` for a package. */
export function target({ path }: SourceFile, name: string): string | undefined {
  return name.startsWith('.') ? posix.join(posix.dirname(path), name) : undefined
}

/** The names that a file imports from `module`, each with what it is called there: `{ join as j }` gives j → join. */
export function namesFrom({ text }: SourceFile, module: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const [, list = '', from] of text.matchAll(/^import\s+([^'"]+?)\s+from\s+['"]([^'"]+)['"]/gm)) {
    if (from !== module) continue
    for (const name of list.replace(/[{}]/g, ',').split(',')) {
      const [original, alias = original] = name
        .trim()
        .replace(/^\* as /, '')
        .split(' as ')
      if (original && alias) names.set(alias, original)
    }
  }
  return names
}

const notCode =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*(?=[.,;)\s])/g

/** Lines stay where they are; templates stay, because code may be inside them. */
function codeOf(text: string): string {
  return text.replace(notCode, found => {
    if (found.startsWith('/*')) return found.replace(/[^\n]/g, '')
    if (found.startsWith('//')) return ''
    return found.startsWith('/') ? found : `${found[0]}${found[0]}`
  })
}
