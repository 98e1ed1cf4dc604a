import { basename, dirname, join } from 'node:path'
import { type BuildResult, transform } from 'esbuild'

/** What esbuild gives with `splitting` and `write: false`. */
type Split = BuildResult<{ metafile: true; write: false }>

/**
 * Packs the chunks of a split build, whose only entry is `first`, into two files of CommonJS: what the entry needs at once,
 * and `later`, with all that is imported when it is wanted. Some sixty small files would take longer to open than to run;
 * and esbuild itself splits ES modules only, which it can say as CommonJS one by one.
 */
export async function packHalves({ metafile, outputFiles }: Split, first: string, later: string): Promise<Packed[]> {
  const [entry] = outputFiles.filter(({ path }) => basename(path) === first)
  if (!entry) throw new Error(`The build has given no ${first}.`)
  const needed = new Set([first])
  // A set may grow while it is gone through.
  for (const name of needed) for (const each of staticImports(metafile, name)) needed.add(each)
  const halves: Record<'first' | 'later', string[]> = { first: [], later: [] }
  for (const { path, text } of outputFiles) {
    const name = basename(path)
    const code = await asCommonJs(text)
    // The parentheses have it compiled at once, and not looked through first.
    if (needed.has(name)) halves.first.push(`${JSON.stringify(name)}:(function(module,exports,require){${code}})`)
    else halves.later.push(`${JSON.stringify(name)}(module,exports,require){${code}}`)
  }
  const folder = dirname(entry.path)
  return [
    { path: join(folder, first), code: `${loadMark}${moduleUrl}${loader(first, later, halves.first)}` },
    { path: join(folder, later), code: `${moduleUrl}module.exports={${halves.later.join(',')}}` },
  ]
}

export interface Packed {
  readonly path: string
  readonly code: string
}

function staticImports({ outputs }: Split['metafile'], name: string): string[] {
  const [, output] = Object.entries(outputs).find(([path]) => basename(path) === name) ?? []
  const imports = output?.imports.filter(({ kind, external }) => kind === 'import-statement' && !external) ?? []
  return imports.map(({ path }) => basename(path))
}

async function asCommonJs(text: string): Promise<string> {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
    minifyWhitespace: true,
    minifySyntax: true,
    // A quarter less for VS Code to read and parse at each start.
    minifyIdentifiers: true,
  })
  return code
}

/** Runs the chunk that is asked for, once, and that of the entry at the start. */
function loader(first: string, later: string, chunks: readonly string[]): string {
  return [
    `const chunks={${chunks.join(',')}},made=new Map,load=name=>{`,
    "if(!name.startsWith('./'))return require(name);",
    'name=name.slice(2);let one=made.get(name);if(one)return one.exports;',
    'made.set(name,one={exports:{}});',
    `(chunks[name]??require('./${later}')[name])(one,one.exports,load);return one.exports};`,
    `module.exports=load('./${first}');`,
  ].join('')
}

/** Tells the extension how long its own code took to load. */
const loadMark = "performance.mark('parley.load');"
const moduleUrl = "const moduleUrl=require('node:url').pathToFileURL(__filename).href;"
