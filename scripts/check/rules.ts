import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One invariant of ARCHITECTURE.md: which files it speaks of, and what it finds wrong in one of them. */
interface Rule {
  readonly name: string
  readonly applies: (file: string) => boolean
  readonly faults: (file: SourceFile) => readonly string[]
}

interface SourceFile {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const pureBuiltIns = new Set(['node:crypto', 'node:buffer', 'node:util'])
const storagePlugins = /^@parley\/(storage|auth)-/

const rules: readonly Rule[] = [
  {
    name: 'nothing in protocol/ does I/O',
    applies: file => file.startsWith('daemon/src/protocol/'),
    faults: ({ imports }) =>
      imports.filter(name => (name.startsWith('node:') && !pureBuiltIns.has(name)) || name.startsWith('../net/')),
  },
  {
    name: 'protocol/ imports only itself, errors.ts and limits.ts of the daemon',
    applies: file => file.startsWith('daemon/src/protocol/'),
    faults: ({ imports }) =>
      imports.filter(name => name.startsWith('../') && !/^\.\.\/(errors|limits)\.ts$/.test(name)),
  },
  {
    name: 'net/ knows nothing of registry, hub, control or client',
    applies: file => file.startsWith('daemon/src/net/'),
    faults: ({ imports }) => imports.filter(name => /^\.\.\/(registry|hub|control|client|cli)\//.test(name)),
  },
  {
    name: 'registry and hub do not know each other, nor the local API',
    applies: file => /^daemon\/src\/(registry|hub)\//.test(file),
    faults: ({ path, imports }) => {
      const other = path.startsWith('daemon/src/hub/') ? 'registry' : 'hub'
      return imports.filter(name => new RegExp(`^(\\.\\./)+(${other}|control|client|cli)/`).test(name))
    },
  },
  {
    name: 'client/ imports only itself, protocol/, errors, limits and locations of the daemon',
    applies: file => file.startsWith('daemon/src/client/'),
    faults: ({ imports }) =>
      imports.filter(
        name => name.startsWith('../') && !/^\.\.\/(protocol\/.*|errors\.ts|limits\.ts|locations\.ts)$/.test(name),
      ),
  },
  {
    name: 'the extension imports only protocol and client of the daemon',
    applies: file => file.startsWith('extension/src/'),
    faults: ({ imports }) =>
      imports.filter(name => name.startsWith('@parley/daemon') && !/^@parley\/daemon\/(protocol|client)\b/.test(name)),
  },
  {
    name: 'a plugin imports only the kit',
    applies: file => /^plugins\/(?!kit\/)/.test(file),
    faults: ({ imports }) =>
      imports.filter(
        name => (name.startsWith('@parley/') && !name.startsWith('@parley/kit')) || name.includes('daemon/'),
      ),
  },
  {
    name: 'the kit imports nothing of this project',
    applies: file => file.startsWith('plugins/kit/'),
    faults: ({ imports }) => imports.filter(name => name.startsWith('@parley/') || name.includes('daemon/')),
  },
  {
    name: 'only main.ts names concrete plugins',
    applies: file => file.startsWith('daemon/src/') && file !== 'daemon/src/main.ts',
    faults: ({ imports }) => imports.filter(name => storagePlugins.test(name)),
  },
  {
    name: 'no file of the product is longer than 400 lines',
    applies: file => /^(daemon|extension|plugins)\//.test(file),
    faults: ({ text }) => {
      const lines = text.split('\n').length
      return lines > 400 ? [`${lines} lines`] : []
    },
  },
]

/** What breaks the project's invariants, a line each: `file: rule: what`. `files` are paths from `root`. */
export function brokenRules(root: string, files: readonly string[]): string[] {
  const found: string[] = []
  for (const path of files) {
    if (!path.endsWith('.ts') || path.endsWith('_pb.ts')) continue
    const text = readFileSync(join(root, path), 'utf8')
    const file: SourceFile = { path, text, imports: importsOf(text) }
    for (const rule of rules) {
      if (!rule.applies(path)) continue
      for (const fault of rule.faults(file)) found.push(`${path}: ${rule.name}: ${fault}`)
    }
  }
  return found
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import|import\()\s*['"]([^'"]+)['"]/g)].flatMap(match => match[1] ?? [])
}
