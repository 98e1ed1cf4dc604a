import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

const root = join(import.meta.dirname, '..', '..', '..')

/** The suites of test/host as VS Code loads them: a CommonJS file that exports `run`, in a folder that goes away. */
export async function bundleHostTests(): Promise<AsyncDisposable & { readonly path: string }> {
  // Inside the work tree, where mocha is found.
  const cache = join(root, '.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'host-tests-'))
  const suites = (await readdir(join(root, 'test', 'host'))).filter(name => name.endsWith('.test.ts')).sort()
  const shared = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'silent',
  } satisfies BuildOptions
  await Promise.all([
    build({ ...shared, entryPoints: ['test/support/host/runner.ts'], outfile: join(folder, 'runner.cjs') }),
    build({
      ...shared,
      stdin: { contents: suites.map(name => `import './${name}'`).join('\n'), resolveDir: join(root, 'test', 'host') },
      outfile: join(folder, 'tests.cjs'),
    }),
  ])
  return {
    path: join(folder, 'runner.cjs'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
