import { accessSync, chmodSync, constants, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { ParleyError } from './errors.ts'

/** Every path of a home. Absolute; nothing is made or read here. */
export interface Locations {
  readonly home: string
  /** The configuration, unless another is given. */
  readonly config: string
  /** Held exclusively by the daemon of this home. */
  readonly lock: string
  /** Held by the front end that is starting one. */
  readonly startLock: string
  /** How to reach the running daemon. */
  readonly daemonFile: string
  readonly logs: string
  readonly hubLog: string
  /** What a registry must not forget when a backup is restored. */
  readonly auditLog: string
  /** This home's device key. */
  readonly deviceKey: string
  /** Opens what a hub keeps sealed in storage. */
  readonly hubKey: string
  /** Opens the registry's secrets in storage. */
  readonly registryKey: string
  /** Tells the registry of this home from others that come to its storage. */
  readonly holder: string
  /** Backups that upgrades leave here. */
  readonly backups: string
  /** One of them, by its name. */
  backup(name: string): string
  /** Files of messages, each under the hash of its content. */
  readonly files: string
  /** One of them, by its hash as text. */
  file(hash: string): string
  /** The hashes of its chunks. */
  fileHashes(hash: string): string
  /** What has come of a file that is not whole yet. */
  filePart(hash: string): string
  /** A file that is being taken in, whose hash is not known yet. */
  fileDraft(name: string): string
  /** Daemons copied here by editors, one folder per version. */
  readonly versions: string
  /** One such folder, by its name. */
  version(name: string): string
  /** Where npm installs plugins. */
  readonly plugins: string
  /** The module through which those plugins are imported. */
  readonly pluginImport: string
  /** The home of the registry that this home's hub runs beside itself, if its person has started a team. */
  readonly team: string
  /** The account key of one registry (its id as text). */
  accountKey(registry: string): string
  /** The folder of one plugin's own, by the name that it is used as. */
  pluginDir(as: string): string
}

export function locations(home: string): Locations {
  const root = resolve(home)
  const within = (...names: string[]) => join(root, ...names)
  return {
    home: root,
    config: within('parley.json'),
    lock: within('lock.db'),
    startLock: within('start.db'),
    daemonFile: within('daemon.json'),
    logs: within('logs'),
    hubLog: within('logs', 'hub.log'),
    auditLog: within('logs', 'audit.log'),
    deviceKey: within('device.key'),
    hubKey: within('hub.key'),
    registryKey: within('registry.key'),
    holder: within('holder'),
    backups: within('backups'),
    backup: name => within('backups', nameChecked(name)),
    files: within('files'),
    file: hash => within('files', nameChecked(hash)),
    fileHashes: hash => within('files', nameChecked(`${hash}.hashes`)),
    filePart: hash => within('files', nameChecked(`${hash}.part`)),
    fileDraft: name => within('files', nameChecked(`${name}.draft`)),
    versions: within('versions'),
    version: name => within('versions', nameChecked(name)),
    plugins: within('plugins'),
    pluginImport: within('plugins', 'import.mjs'),
    team: within('team'),
    accountKey: registry => within(`account-${nameChecked(registry)}.key`),
    pluginDir: as => within('data', nameChecked(as)),
  }
}

/** A file that a person names, from the folder that they are in. */
export function fileNamed(given: string): string {
  return resolve(given)
}

/** A file in a folder that a person names; `name` is no path. */
export function fileWithin(folder: string, name: string): string {
  return join(folder, name)
}

/** Where a file that a daemon makes stands until it is whole. */
export function fileDraftOf(file: string): string {
  return `${file}.part`
}

/** A file of a bundled daemon, by its path from the folder of that daemon, with slashes. */
export function bundledFile(folder: string, path: string): string {
  return join(folder, ...path.split('/'))
}

/**
 * The home that a setting of an editor names; one that is empty names none. `~` is the person's own folder.
 * @throws ParleyError `home` when it is relative: an editor's working folder is no place that a person knows
 */
export function homeOfSetting(setting: string, env: NodeJS.ProcessEnv = process.env): string {
  const asked = setting.trim()
  if (asked === '') return defaultHome(env)
  if (/^~(?=$|[/\\])/.test(asked)) return join(homedir(), asked.slice(1))
  if (isAbsolute(asked)) return resolve(asked)
  throw new ParleyError(
    'home',
    `The setting parley.home must be a whole path, but it is ${JSON.stringify(asked.slice(0, 200))}.`,
  )
}

/** The home of a person who names none: `PARLEY_HOME`, else the platform's own place for a program's data. */
export function defaultHome(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.PARLEY_HOME) return resolve(env.PARLEY_HOME)
  const user = homedir()
  if (platform === 'darwin') return join(user, 'Library', 'Application Support', 'Parley')
  // Local, not Roaming: a copied device key would be two devices with one name.
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(user, 'AppData', 'Local'), 'Parley')
  return join(env.XDG_DATA_HOME || join(user, '.local', 'share'), 'parley')
}

/**
 * Makes a home, or checks the one that is there: a folder of one's own, open to nobody else, no symbolic link. One that
 * is open to others is closed to them if it is empty or Parley's; a folder of other things is left alone.
 * @throws ParleyError `home`
 */
export function ensureHome(home: string): Locations {
  const where = locations(home)
  makeFolder(where.home, 'home')
  if (isOpenToOthers(where.home) && isForeign(where.home)) {
    throw unusable(where.home, 'home', 'is open to other users and holds files that are not of Parley')
  }
  ensureFolder(where.home, 'home')
  return where
}

/**
 * Makes a folder within a home for its owner alone (0700), or checks the one that is there and closes it to others.
 * @throws ParleyError `home`
 */
export function ensureFolder(folder: string, what: string): void {
  makeFolder(folder, what)
  if (isOpenToOthers(folder)) chmodSync(folder, 0o700)
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unusable(folder, what, 'cannot be written', error)
  }
}

function makeFolder(folder: string, what: string): void {
  try {
    makeWithParents(folder)
  } catch (error) {
    // Something else than a folder is there: told below.
    if (codeOf(error) !== 'EEXIST') throw unusable(folder, what, `cannot be made (${codeOf(error)})`, error)
  }
  const found = lstatSync(folder)
  if (found.isSymbolicLink()) throw unusable(folder, what, 'is a symbolic link')
  if (!found.isDirectory()) throw unusable(folder, what, 'is not a folder')
  if (process.platform !== 'win32' && found.uid !== process.geteuid?.()) {
    throw unusable(folder, what, 'belongs to another user')
  }
}

/** Not Node's own `recursive`: that one tries for ever where a folder's parent is there and takes none, as in /proc. */
function makeWithParents(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const parent = dirname(folder)
    if (codeOf(error) !== 'ENOENT' || existsSync(parent)) throw error
    makeWithParents(parent)
    mkdirSync(folder, { mode: 0o700 })
  }
}

/** Windows has no such bits; there a person's own folders are theirs by inheritance. */
function isOpenToOthers(folder: string): boolean {
  return process.platform !== 'win32' && (lstatSync(folder).mode & 0o077) !== 0
}

/** Whether a folder holds something and nothing that tells a home of Parley. */
function isForeign(folder: string): boolean {
  const names = readdirSync(folder)
  return (
    names.length > 0 && !['parley.json', 'lock.db', 'device.key', 'registry.key'].some(name => names.includes(name))
  )
}

/** Names become parts of paths: nothing in them may lead elsewhere. */
function nameChecked(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) return name
  throw new ParleyError('home', `${JSON.stringify(name.slice(0, 80))} cannot be part of a file name; rename it.`)
}

function unusable(folder: string, what: string, why: string, cause?: unknown): ParleyError {
  return new ParleyError(
    'home',
    `The ${what} ${folder} ${why}; give Parley a home of your own with --home or PARLEY_HOME.`,
    { cause },
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
