import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { bundledFile, ensureFolder, type Locations, locations } from '../locations.ts'
import { compareVersions } from './versions.ts'

/** A daemon in a folder of `versions`. Its name is its version and what its files are, so it never means another one. */
export interface Installed {
  readonly name: string
  readonly version: string
  /** The script that runs it. */
  readonly program: string
}

/**
 * Copies the daemon of the folder `bundle` into the home, unless the very same is there, and gives the one to run: this
 * one, or a newer one that another editor has left there, because nothing downgrades. However many do so at once, and
 * wherever they are killed, what is given is whole.
 * @throws ParleyError `home`, `not-running` when the bundle is not there
 */
export async function installDaemon(home: string, bundle: string): Promise<Installed> {
  const where = locations(home)
  const files = await readBundle(bundle)
  const version = versionIn(files)
  const own = installedAs(home, nameOf(version, files), version)
  try {
    ensureFolder(where.versions, 'folder')
    if (!(await isWhole(home, own.name))) await copyInto(home, own.name, files)
  } catch (cause) {
    if (cause instanceof ParleyError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ParleyError('home', `The background service cannot be copied to ${where.versions}: ${reason}.`, { cause })
  }
  return (await newerThan(home, version)) ?? own
}

/**
 * Removes what no editor needs any more: all but the two newest versions and the one that runs, and what killed editors
 * have left half-made. Only for whoever may start a daemon, so that none starts from a folder that goes.
 */
export async function pruneVersions(home: string, running: string): Promise<void> {
  const where = locations(home)
  const names = await versionsOf(home)
  const kept = new Set([running, ...names.slice(0, limits.versionsKept)])
  const gone = names.filter(name => !kept.has(name))
  for (const name of [...gone, ...(await oldDrafts(where))]) {
    await rm(where.version(name), { recursive: true, force: true })
  }
}

/** The version of a bundled daemon. @throws ParleyError `not-running` when it is not there */
export async function versionOfBundle(bundle: string): Promise<string> {
  try {
    return versionIn([{ path: manifest, content: await readFile(bundledFile(bundle, manifest)) }])
  } catch (cause) {
    throw missing(bundle, cause)
  }
}

interface BundledFile {
  /** From the bundle's folder, with slashes. */
  readonly path: string
  readonly content: Uint8Array
}

const manifest = 'package.json'
const program = 'bin/parley.js'
const draftPrefix = 'draft-'

async function readBundle(bundle: string): Promise<readonly BundledFile[]> {
  try {
    return await readFiles(bundle)
  } catch (cause) {
    throw missing(bundle, cause)
  }
}

async function readFiles(folder: string): Promise<readonly BundledFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, `${entry.parentPath}${sep}${entry.name}`).replaceAll(sep, '/'))
    .sort()
  return Promise.all(paths.map(async path => ({ path, content: await readFile(bundledFile(folder, path)) })))
}

function versionIn(files: readonly BundledFile[]): string {
  const { content } = files.find(file => file.path === manifest) ?? {}
  const { version }: { version?: unknown } = JSON.parse(Buffer.from(content ?? []).toString('utf8'))
  if (typeof version === 'string') return version
  throw new Error(`${manifest} names no version`)
}

/** Two builds of one version differ in their names, and a folder that lost something differs from its own. */
function nameOf(version: string, files: readonly BundledFile[]): string {
  const hash = createHash('sha256')
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content)
  return `${version}-${hash.digest('hex').slice(0, 16)}`
}

function installedAs(home: string, name: string, version: string): Installed {
  return { name, version, program: bundledFile(locations(home).version(name), program) }
}

/** Whether the folder of that name holds what its name says: a disk may have lost what an editor wrote. */
async function isWhole(home: string, name: string): Promise<boolean> {
  try {
    const files = await readFiles(locations(home).version(name))
    return nameOf(versionIn(files), files) === name
  } catch {
    return false
  }
}

/** The names in `versions`, the newest version first. */
async function versionsOf(home: string): Promise<string[]> {
  const names = await readdir(locations(home).versions)
  return names
    .filter(name => versionOfName(name) !== undefined)
    .sort((a, b) => compareVersions(versionOfName(b) ?? '', versionOfName(a) ?? '') || (a < b ? -1 : 1))
}

function versionOfName(name: string): string | undefined {
  return /^(\d[a-z0-9.-]{0,40})-[0-9a-f]{16}$/.exec(name)?.[1]
}

async function oldDrafts(where: Locations): Promise<string[]> {
  const drafts = (await readdir(where.versions)).filter(name => name.startsWith(draftPrefix))
  const ages = await Promise.all(drafts.map(async name => Date.now() - (await stat(where.version(name))).mtimeMs))
  return drafts.filter((_name, index) => (ages[index] ?? 0) > limits.draftLife)
}

async function newerThan(home: string, version: string): Promise<Installed | undefined> {
  for (const name of await versionsOf(home)) {
    const found = versionOfName(name) ?? ''
    if (compareVersions(found, version) <= 0) return undefined
    if (await isWhole(home, name)) return installedAs(home, name, found)
  }
  return undefined
}

/** Writes a copy beside its place, down to the disk, and moves it there: who looks sees all of it or nothing. */
async function copyInto(home: string, name: string, files: readonly BundledFile[]): Promise<void> {
  const draft = newDraft(home)
  try {
    await mkdir(draft, { mode: 0o700 })
    for (const { path, content } of files) {
      const folder = path.split('/').slice(0, -1).join('/')
      if (folder !== '') await mkdir(bundledFile(draft, folder), { recursive: true, mode: 0o700 })
      const handle = await open(bundledFile(draft, path), 'wx', 0o600)
      try {
        await handle.writeFile(content)
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
    await moveInto(home, name, draft)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function moveInto(home: string, name: string, draft: string): Promise<void> {
  const target = locations(home).version(name)
  for (let tried = 1; ; tried++) {
    try {
      await rename(draft, target)
      return
    } catch (error) {
      // Another editor was quicker.
      if (await isWhole(home, name)) return
      if (tried === limits.moveTries) throw error
    }
    // What is there is damaged, or a virus scanner looks into what was just written.
    await rename(target, newDraft(home)).catch(() => {})
    await pause(limits.moveAgain)
  }
}

function newDraft(home: string): string {
  return locations(home).version(`${draftPrefix}${randomBytes(8).toString('hex')}`)
}

function missing(bundle: string, cause: unknown): ParleyError {
  const words = `The background service that comes with Parley is not whole (${bundle}); install the extension again.`
  return new ParleyError('not-running', words, { cause })
}
