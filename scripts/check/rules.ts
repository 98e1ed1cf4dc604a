import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { namesFrom, readSource, type SourceFile, target } from './source.ts'

/** One invariant of ARCHITECTURE.md: which files it speaks of, and what it finds wrong in one of them. */
export interface Rule {
  readonly name: string
  readonly applies: (file: string) => boolean
  readonly faults: (file: SourceFile) => readonly string[]
}

const pureBuiltIns = new Set(['node:crypto', 'node:buffer', 'node:util'])

/** Who may build paths besides locations.ts: none of these is a place inside a home. */
const pathBuilders: ReadonlySet<string> = new Set([
  'daemon/src/locations.ts',
  'daemon/src/config.ts', // the file that --config names
  'daemon/src/plugins/import.ts', // a plugin's file that the configuration names
  'daemon/src/plugins/option-sources.ts', // an option's file that the configuration names
  'daemon/src/control/endpoint.ts', // the socket: its path must be shorter than a home's may be
  'daemon/src/client/node.ts', // the folders of PATH
])

/** What Node 24 has and the oldest Node that runs Parley, 22.19, has not. */
const tooNew: readonly RegExp[] = [
  /\busing\s+[A-Za-z_$][\w$]*\s*=/,
  /\b(Async)?DisposableStack\b/,
  /\bRegExp\.escape\b/,
  /\bPromise\.try\b/,
  /\bError\.isError\b/,
  /\bUint8Array\.from(Base64|Hex)\b/,
  /\bFloat16Array\b/,
  /\bIterator\.concat\b/,
  /\bnew URLPattern\b/,
  /\bimport\s+defer\b/,
]

const product = /^(daemon\/src|extension\/(src|surface)|plugins\/[^/]+\/src)\//

/** A number of three digits or more: shorter ones are counts, or 0 and 1. */
const wait = String.raw`[1-9][\d_]+\d\b`
const waits: readonly RegExp[] = [
  // A call whose own last argument is the number, as all of these take it.
  new RegExp(String.raw`\b(?:setTimeout|setInterval|AbortSignal\.timeout|pause)\([^\n]*?\b(${wait})[^\n]*\)`, 'g'),
  new RegExp(
    String.raw`\b\w*(?:timeout|deadline|delay|interval|every|retryAfter|ttl|lifetime)\w*\??\s*[:=]\s*(${wait})`,
    'gi',
  ),
]

/** What the extension and its chat surface both say. */
const sharedWords: readonly string[] = [
  'extension/src/shared/room-words.ts',
  'extension/src/shared/seen.ts',
  'extension/src/shared/size-words.ts',
]

export const rules: readonly Rule[] = [
  {
    name: 'nothing in protocol/ does I/O',
    applies: file => file.startsWith('daemon/src/protocol/'),
    faults: file => [
      ...file.imports.filter(name => name.startsWith('node:') && !pureBuiltIns.has(name) && name !== 'node:net'),
      ...[...namesFrom(file, 'node:net').values()].filter(name => !/^isIP(v[46])?$/.test(name)),
      ...(/\b(?:fetch|setTimeout|setInterval|setImmediate)\(/.exec(file.code) ?? []),
    ],
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
    faults: file => {
      const other = file.path.startsWith('daemon/src/hub/') ? 'registry' : 'hub'
      const forbidden = new RegExp(`^daemon/src/(${other}|control|client|cli)/`)
      // hub/registry/ is the hub's own, so what counts is where an import leads.
      return file.imports.filter(name => forbidden.test(target(file, name) ?? ''))
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
    name: 'the chat surface knows of the extension only their messages and shared words, of the daemon only the protocol',
    applies: file => file.startsWith('extension/surface/') || sharedWords.includes(file),
    faults: ({ path, imports }) =>
      imports.filter(
        name =>
          name.startsWith('node:') ||
          name === 'vscode' ||
          (sharedWords.includes(path) && name.startsWith('.')) ||
          (/^\..*\/src\//.test(name) &&
            !/\/src\/(chat\/messages|shared\/(seen|room-words|size-words))\.ts$/.test(name)) ||
          (name.startsWith('@parley/') && !name.startsWith('@parley/daemon/protocol/')),
      ),
  },
  {
    name: 'nothing but the chat panels hosts the chat surface',
    applies: file => file.startsWith('extension/src/'),
    faults: ({ imports }) => imports.filter(name => name.includes('/surface/')),
  },
  {
    name: 'a plugin imports only the kit',
    applies: file => /^plugins\/(?!kit\/)/.test(file),
    faults: ({ imports }) => imports.filter(name => /^@parley\/(?!kit(\/|$))/.test(name)),
  },
  {
    name: 'the kit imports nothing of this project',
    applies: file => file.startsWith('plugins/kit/'),
    faults: ({ imports }) => imports.filter(name => name.startsWith('@parley/')),
  },
  {
    name: 'a package is reached by its name, never by a path out of another',
    applies: file => product.test(file),
    faults: file =>
      file.imports.filter(name => {
        const folder = /^(daemon|extension|plugins\/[^/]+)\//.exec(file.path)?.[0] ?? ''
        const found = target(file, name)
        return found !== undefined && !found.startsWith(folder)
      }),
  },
  {
    name: 'only main.ts names concrete plugins',
    applies: file => file.startsWith('daemon/src/') && file !== 'daemon/src/main.ts',
    faults: ({ imports }) => imports.filter(name => /^@parley\/(storage|auth)-/.test(name)),
  },
  {
    name: 'only locations.ts builds paths of a home',
    applies: file => /^(daemon|extension)\/src\//.test(file) && !pathBuilders.has(file),
    faults: file => {
      const names = [...namesFrom(file, 'node:path')]
      const direct = names.filter(([, original]) => builders.has(original)).map(([, original]) => original)
      const modules = names.filter(([, original]) => ['path', 'posix', 'win32', '*'].includes(original))
      const called = modules.flatMap(([alias]) =>
        [...file.code.matchAll(new RegExp(`\\b${alias}\\.(\\w+)\\(`, 'g'))].flatMap(([, name = '']) =>
          builders.has(name) ? [name] : [],
        ),
      )
      const pasted = [...file.text.matchAll(/`[^`\n]*\$\{[\w.]*[hH]ome\}\/\w[^`\n]*`/g)].map(([text]) => text)
      return [...direct, ...called, ...pasted]
    },
  },
  {
    name: 'only limits.ts holds the time that something may take',
    applies: file =>
      product.test(file) && !/\/limits(\/[^/]+)?\.ts$/.test(file) && !file.startsWith('plugins/kit/src/testing/'),
    faults: ({ code }) => waits.flatMap(pattern => [...code.matchAll(pattern)].map(([text]) => text)),
  },
  {
    name: 'no module keeps mutable state',
    applies: file => product.test(file),
    faults: ({ code }) => [
      ...(code.match(/^(?:export )?(?:let|var) .*$/gm) ?? []),
      // An empty collection exists only to be filled.
      ...(code.match(/^(?:export )?const .* = (?:new (?:Map|Set|WeakMap|WeakSet|Array)(?:<.*>)?\(\)|\[\]|\{\})$/gm) ??
        []),
    ],
  },
  {
    name: 'nothing newer than Node 22.19 is used',
    applies: file => product.test(file),
    faults: ({ code }) => tooNew.flatMap(pattern => pattern.exec(code)?.[0] ?? []),
  },
  {
    name: 'no file of the product is longer than 400 lines',
    applies: file => /^(daemon|extension|plugins)\//.test(file),
    faults: ({ text }) => {
      const lines = text.trimEnd().split('\n').length
      return lines > 400 ? [`${lines} lines`] : []
    },
  },
]

const builders: ReadonlySet<string> = new Set(['join', 'resolve', 'format', 'normalize'])

/** What breaks the project's invariants, a line each: `file: rule: what`. `files` are paths from `root`. */
export function brokenRules(root: string, files: readonly string[]): string[] {
  const found: string[] = []
  for (const path of files) {
    if (!/\.tsx?$/.test(path) || path.endsWith('_pb.ts')) continue
    const file = readSource(path, readFileSync(join(root, path), 'utf8'))
    for (const rule of rules) {
      if (!rule.applies(path)) continue
      for (const fault of rule.faults(file)) found.push(`${path}: ${rule.name}: ${fault}`)
    }
  }
  return found
}
