import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { daemonEnvironment } from './environment.ts'

/** A runtime that can run the daemon. */
export interface NodeRuntime {
  readonly command: string
  /** What its environment must say besides. */
  readonly env: NodeJS.ProcessEnv
}

export interface NodeSearch {
  /** The setting `parley.nodePath`: taken as it is, or refused in words. */
  readonly nodePath?: string | undefined
  readonly env?: NodeJS.ProcessEnv
  /** Whether the front end is an editor, whose runtime goes away with its updates: the last choice. */
  readonly isEditor?: boolean
  /** The runtime that this front end runs on. */
  readonly own?: { readonly execPath: string; readonly node: string; readonly isElectron: boolean }
}

/** The oldest Node that runs the daemon. */
export const oldestNode = '22.19.0'

/**
 * Finds the runtime for a daemon: the one that the settings name, else that of the command line when it is what asks,
 * else `node` on the PATH, else the editor's own: Electron, or the Node that came with an editor for browsers. Each must
 * be at least {@link oldestNode}. Throws ParleyError `not-running` that names the fix.
 */
export async function findNode(search: NodeSearch = {}): Promise<NodeRuntime> {
  const { nodePath, env = process.env, isEditor = false, own = ownRuntime() } = search
  if (nodePath !== undefined) {
    const version = await versionOf(nodePath, env)
    if (isNewEnough(version)) return { command: nodePath, env: {} }
    throw unfit(
      `${nodePath}, which the setting parley.nodePath names, ${version ? `is Node ${version}` : 'does not run'}`,
      'name another one there, or none',
    )
  }
  const mine = { command: own.execPath, env: own.isElectron ? { ELECTRON_RUN_AS_NODE: '1' } : {} }
  if (!isEditor && !own.isElectron && isNewEnough(own.node)) return mine
  for (const command of await candidates(env)) {
    if (isNewEnough(await versionOf(command, env))) return { command, env: {} }
  }
  if (isNewEnough(own.node)) return mine
  throw unfit('no such Node was found on the PATH')
}

/** Whether `version` (`v24.1.0` or `24.1.0`) is at least {@link oldestNode}. */
export function isNewEnough(version: string | undefined): boolean {
  const [major = 0, minor = 0] = numbers(version ?? '0')
  const [needMajor = 0, needMinor = 0] = numbers(oldestNode)
  return major > needMajor || (major === needMajor && minor >= needMinor)
}

function numbers(version: string): number[] {
  return version.trim().replace(/^v/, '').split('.').map(Number)
}

function ownRuntime(): NonNullable<NodeSearch['own']> {
  const { node, electron } = process.versions
  return { execPath: process.execPath, node, isElectron: electron !== undefined }
}

async function candidates(env: NodeJS.ProcessEnv): Promise<string[]> {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const folders = (env.PATH ?? env.Path ?? '').split(path.delimiter).filter(folder => path.isAbsolute(folder))
  const commands = folders.map(folder => path.join(folder, name))
  const found = await Promise.all(
    commands.map(command =>
      access(command, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  return commands.filter((_command, index) => found[index])
}

async function versionOf(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, ['--version'], {
      timeout: limits.nodeProbe,
      // As the daemon itself will run: an editor's NODE_OPTIONS may name what another Node does not know.
      env: daemonEnvironment(env),
      windowsHide: true,
    })
    return stdout.trim()
  } catch {
    return undefined
  }
}

function unfit(why: string, fix = 'install it from https://nodejs.org'): ParleyError {
  return new ParleyError(
    'not-running',
    `Parley needs Node ${oldestNode.replace(/\.0$/, '')} or newer, but ${why}; ${fix}.`,
  )
}
