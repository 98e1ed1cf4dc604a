import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../wait.ts'

/** Hears how a download gets on: sentences for a person. */
export type Tell = (text: string) => void

const cache = join(import.meta.dirname, '..', '..', '..', '.cache', 'editor')

/**
 * The folder `name`-`version` of the cache, made by `make` when it is not there: once, also when several runs want it at
 * the same time. Other versions of it go away. `make` gets the folder to fill and where that will be in the end.
 */
export async function cached(
  name: string,
  version: string,
  make: (folder: string, final: string) => Promise<void>,
): Promise<string> {
  const final = join(cache, `${name}-${version}`)
  if (await exists(final)) return final
  mkdirSync(cache, { recursive: true })
  const lock = `${final}.lock`
  await until(`another run that fetches ${name}`, async () => takeLock(lock) || (await exists(final)), 600_000)
  // Whoever held the lock may have made it meanwhile.
  if (await exists(final)) {
    releaseLock(lock)
    return final
  }
  const staging = join(cache, `.${name}-${process.pid}`)
  try {
    await rm(staging, { recursive: true, force: true })
    await mkdir(staging)
    await make(staging, final)
    await removeOthers(name)
    await rename(staging, final)
    return final
  } finally {
    await rm(staging, { recursive: true, force: true })
    releaseLock(lock)
  }
}

/** Installs npm packages into `folder`, running no script of theirs: `specs` name exact versions; none: what is locked there. */
export async function installPackages(folder: string, specs: readonly string[], tell: Tell): Promise<void> {
  const started = performance.now()
  const progress = setInterval(
    () => tell(`Still at it, ${Math.round((performance.now() - started) / 1000)} s so far.`),
    10_000,
  )
  const options = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
  const args = ['install', '--prefix', folder, ...options, ...specs]
  try {
    if (specs.length > 0) await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
    const script = process.env.npm_execpath
    if (script) await promisify(execFile)(process.execPath, [script, ...args], { cwd: folder })
    else await promisify(execFile)('npm', args, { cwd: folder })
  } catch (error) {
    throw new Error(`npm could not install ${specs.join(' ') || `what ${folder} wants`}: check your connection`, {
      cause: error,
    })
  } finally {
    clearInterval(progress)
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Whether this process holds the lock now. The lock of a process that is gone counts for nothing. */
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (!isHeld(lock)) rmSync(lock, { force: true })
    return false
  }
}

function releaseLock(lock: string): void {
  if (holderOf(lock) === process.pid) rmSync(lock, { force: true })
}

function isHeld(lock: string): boolean {
  try {
    return process.kill(holderOf(lock), 0)
  } catch {
    return false
  }
}

function holderOf(lock: string): number {
  try {
    return Number(readFileSync(lock, 'utf8'))
  } catch {
    return Number.NaN
  }
}

async function removeOthers(name: string): Promise<void> {
  const old = (await readdir(cache)).filter(each => new RegExp(`^${name}-\\d[\\d.]*$`).test(each))
  await Promise.all(old.map(each => rm(join(cache, each), { recursive: true, force: true })))
}
