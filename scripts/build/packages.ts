import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Manifest, readManifest, root } from './project.ts'

/** The packages that npm gets, by their folders. */
const shipped = [
  'plugins/kit',
  'plugins/storage-sqlite',
  'plugins/storage-memory',
  'plugins/storage-keyv',
  'plugins/auth-password',
  'plugins/auth-token',
  'plugins/auth-http',
  'plugins/auth-ldap',
  'plugins/guard-secrets',
  'daemon',
]

/**
 * Makes npm's tarballs in the folder `out`, which it replaces, and gives their paths. The packages are built and staged
 * there, so that no file of the work tree changes: Node strips no types under node_modules, so what ships is built
 * JavaScript with its `.d.ts`, while the work tree's own package.json files point to the sources.
 */
export async function packPackages(out: string): Promise<string[]> {
  await rm(out, { recursive: true, force: true })
  const compiled = join(out, 'compiled')
  await run(process.execPath, [tsc, '-p', join(import.meta.dirname, 'tsconfig.json'), '--outDir', compiled])
  const staged = await Promise.all(shipped.map(folder => stage(folder, compiled, join(out, folder))))
  await npm(['pack', ...staged, '--pack-destination', out, '--silent'])
  return (await readdir(out)).filter(file => file.endsWith('.tgz')).map(file => join(out, file))
}

async function stage(folder: string, compiled: string, staged: string): Promise<string> {
  await mkdir(staged, { recursive: true })
  await cp(join(compiled, folder, 'src'), join(staged, 'dist'), { recursive: true })
  await cp(join(root, 'LICENSE'), join(staged, 'LICENSE'))
  const source = await readManifest(folder)
  for (const entry of ['README.md', ...source.files.filter(name => name !== 'dist')]) {
    await cp(join(root, folder, entry), join(staged, entry), { recursive: true })
  }
  const manifest = shippedManifest(source)
  await writeFile(join(staged, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return staged
}

/** The same package.json, without what is for the work tree, and with built files where it names sources. */
export function shippedManifest({ scripts: _, ...manifest }: Manifest): Manifest {
  const built = (source: string, extension: string) =>
    source.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, extension)
  const exports = Object.entries(manifest.exports).map(([name, source]) => [
    name,
    { types: built(source, '.d.ts'), default: built(source, '.js') },
  ])
  return { ...manifest, exports: Object.fromEntries(exports) }
}

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

function npm(args: readonly string[]): Promise<void> {
  const script = process.env.npm_execpath
  if (script) return run(process.execPath, [script, ...args])
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args)
}

async function run(command: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(command, args, { cwd: root, shell: command.endsWith('.cmd') })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args[0]} failed:\n${stdout ?? ''}${stderr ?? ''}`)
  }
}
