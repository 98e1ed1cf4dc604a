import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { packHalves } from './halves.ts'
import { licencesOf } from './licences.ts'
import { readManifest, root } from './project.ts'

/** A file of a bundle: what it weighs, in bytes. */
export interface BuiltFile {
  readonly path: string
  readonly size: number
  readonly gzipped: number
}

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  // Names stay readable: a stack trace in somebody's log is all that we may get to see.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none', // the licences' whole texts go beside the bundle
  metafile: true,
  logLevel: 'silent',
} satisfies BuildOptions

/**
 * Bundles the daemon, its built-in plugins and its workers into the folder `out`, which it replaces. The folder runs
 * from wherever it is copied to, without node_modules: `node bin/parley.js`. It is laid out as the package is.
 */
export async function buildDaemon(out: string): Promise<BuiltFile[]> {
  await rm(out, { recursive: true, force: true })
  const { metafile } = await build({
    ...shared,
    entryPoints: {
      main: 'daemon/src/main.ts',
      // Files of their own, because a worker starts from a file; the code that starts them looks beside itself.
      writer: 'plugins/storage-sqlite/src/writer.ts',
      'search-worker': 'plugins/storage-sqlite/src/search-worker.ts',
      'opaque-worker': 'daemon/src/hub/opaque/opaque-worker.ts',
    },
    outdir: join(out, 'dist'),
    format: 'esm',
    target: 'node22.19',
    // Dependencies that are CommonJS ask for Node's own modules by `require`.
    banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
  })
  const { version, license, engines } = await readManifest('daemon')
  const manifest = { name: 'parley-daemon', private: true, version, license, type: 'module', engines }
  await writeFile(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  await mkdir(join(out, 'bin'))
  await cp(join(root, 'daemon', 'bin', 'parley.js'), join(out, 'bin', 'parley.js'))
  await writeFile(join(out, 'LICENSES.txt'), await licencesOf(metafile))
  return weighAll(metafile)
}

/**
 * Bundles the extension's own code into the folder `out`, the CommonJS that VS Code loads: `extension.cjs`, and `later.cjs`,
 * which that reads when something of it is needed first.
 */
export async function buildExtension(out: string): Promise<BuiltFile[]> {
  await mkdir(out, { recursive: true })
  const built = await build({
    ...shared,
    entryPoints: { extension: 'extension/src/extension.ts' },
    outdir: out,
    outExtension: { '.js': '.cjs' },
    splitting: true,
    write: false,
    format: 'esm',
    target: 'node22',
    external: ['vscode'],
  })
  const packed = await packHalves(built, 'extension.cjs', 'later.cjs')
  for (const { path, code } of packed) await writeFile(path, code)
  await writeFile(join(out, 'LICENSES.txt'), await licencesOf(built.metafile))
  return Promise.all(packed.map(({ path }) => weigh(path)))
}

/** Bundles the chat surface, the web page of a chat, into the folder `out`: surface.js and surface.css. */
export async function buildSurface(out: string): Promise<BuiltFile[]> {
  const { metafile } = await build({
    ...shared,
    platform: 'browser',
    minify: true,
    entryPoints: { surface: 'extension/surface/main.tsx' },
    outdir: out,
    format: 'iife',
    target: 'chrome138',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    alias: { react: 'preact/compat', 'react-dom': 'preact/compat', 'react/jsx-runtime': 'preact/jsx-runtime' },
    loader: { '.svg': 'text' },
  })
  await writeFile(join(out, 'surface-LICENSES.txt'), await licencesOf(metafile))
  return weighAll(metafile)
}

async function weighAll({ outputs }: Metafile): Promise<BuiltFile[]> {
  return Promise.all(Object.keys(outputs).map(path => weigh(join(root, path))))
}

async function weigh(path: string): Promise<BuiltFile> {
  return { path, size: (await stat(path)).size, gzipped: gzipSync(await readFile(path)).length }
}

/** A line for each file: `dist/daemon/dist/main.js   1,234 KB, 321 KB gzipped`. */
export function describe(files: readonly BuiltFile[]): string {
  const kilobytes = (bytes: number) => `${Math.ceil(bytes / 1024).toLocaleString('en')} KB`
  return files
    .toSorted((a, b) => basename(a.path).localeCompare(basename(b.path)))
    .map(({ path, size, gzipped }) => `${relative(root, path)}: ${kilobytes(size)}, ${kilobytes(gzipped)} gzipped`)
    .join('\n')
}
