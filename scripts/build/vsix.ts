import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createVSIX } from '@vscode/vsce'
import { type BuiltFile, buildDaemon, buildExtension, buildSurface } from './bundle.ts'
import { type Manifest, readManifest, root } from './project.ts'

export interface Packaged {
  /** The one file that installs on every platform. */
  readonly vsix: string
  /** The same, unpacked: a folder that VS Code loads as an extension in development. */
  readonly folder: string
  readonly files: readonly BuiltFile[]
}

export interface PackageOptions {
  /** Where the folder `extension` is on the web: VS Code and its gallery show pictures of a README only from there. */
  readonly imagesUrl?: string
}

/** Stages the extension in `out`/extension and packs it to `out`/NAME-VERSION.vsix. Asks nobody on the network. */
export async function packageExtension(out: string, { imagesUrl }: PackageOptions = {}): Promise<Packaged> {
  const folder = join(out, 'extension')
  const { files, manifest } = await stageExtension(folder)
  if (imagesUrl === undefined) await removePictures(join(folder, 'README.md'))
  const vsix = join(out, `${manifest.name}-${manifest.version}.vsix`)
  await rm(vsix, { force: true })
  await createVSIX({
    cwd: folder,
    packagePath: vsix,
    dependencies: false, // all of them are in the bundles
    allowMissingRepository: true,
    rewriteRelativeLinks: imagesUrl !== undefined,
    ...(imagesUrl !== undefined && { baseContentUrl: imagesUrl, baseImagesUrl: imagesUrl }),
  })
  return { vsix, folder, files }
}

/** Lays out, in the folder `out`, which it replaces, what ships of the extension and nothing else. */
export async function stageExtension(out: string): Promise<{ files: readonly BuiltFile[]; manifest: Manifest }> {
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  const manifest = await readManifest('extension')
  await writeFile(join(out, 'package.json'), `${JSON.stringify(withoutWorkTree(manifest), null, 2)}\n`)
  for (const file of await readdir(join(root, 'extension'))) {
    if (carried.test(file)) await cp(join(root, 'extension', file), join(out, file), { recursive: true })
  }
  await writeFile(join(out, '.vscodeignore'), '') // says that nothing here is left out
  for (const file of ['LICENSE', 'CHANGELOG.md']) await cp(join(root, file), join(out, file))
  const files = await Promise.all([
    buildExtension(join(out, 'dist')),
    buildSurface(join(out, 'dist')),
    buildDaemon(join(out, 'dist', 'daemon')),
  ])
  return { files: files.flat(), manifest }
}

/** What goes along as it is: pictures, translations, the page of the gallery. */
const carried = /^(media|l10n|README\.md|package\.nls(\.[\w-]+)?\.json)$/

/** Better no picture than a broken one. */
async function removePictures(readme: string): Promise<void> {
  const text = await readFile(readme, 'utf8')
  await writeFile(readme, text.replace(/^!\[[^\]]*\]\((?!https:)[^)]*\)\n+/gm, ''))
}

/** The package.json without what speaks to npm in the work tree. `type` too: what VS Code loads is CommonJS. */
function withoutWorkTree(manifest: Manifest): Record<string, unknown> {
  return Object.fromEntries(Object.entries(manifest).filter(([field]) => !forNpm.has(field)))
}

const forNpm = new Set(['private', 'type', 'exports', 'scripts', 'dependencies', 'devDependencies'])

/** bytes: what each part may weigh. It is downloaded by everybody and read at each start of a window. */
const aims = { extension: 400_000, 'chat surface': 500_000, '.vsix': 3_000_000 }

/** What each part weighs, a line each; `tooHeavy` names those that weigh more than they may. */
export async function weighPackage({
  vsix,
  folder,
  files,
}: Packaged): Promise<{ lines: string[]; tooHeavy: string[] }> {
  const sum = (name: RegExp) => files.reduce((so, { path, size }) => (name.test(path) ? so + size : so), 0)
  const parts = {
    extension: sum(/\.cjs$/),
    'chat surface': sum(/surface\.(js|css)$/),
    daemon: await sizeOf(join(folder, 'dist', 'daemon')),
    '.vsix': (await stat(vsix)).size,
  }
  const aimOf = new Map<string, number>(Object.entries(aims))
  const kilobytes = (bytes: number) => `${Math.ceil(bytes / 1000).toLocaleString('en')} KB`
  const lines = Object.entries(parts).map(([part, size]) => {
    const aim = aimOf.get(part)
    return `${part}: ${kilobytes(size)}${aim === undefined ? '' : ` of at most ${kilobytes(aim)}`}`
  })
  const tooHeavy = Object.entries(parts).flatMap(([part, size]) => (size > (aimOf.get(part) ?? Infinity) ? [part] : []))
  return { lines, tooHeavy }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = entries.filter(entry => entry.isFile()).map(entry => stat(join(entry.parentPath, entry.name)))
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0)
}
