import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { errorFrom, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { locations } from '../locations.ts'
import { daemonEnvironment } from './environment.ts'
import { installDaemon, pruneVersions } from './install.ts'
import { findNode, type NodeRuntime } from './node.ts'

export interface LaunchOptions {
  /** The setting `parley.nodePath`. */
  readonly nodePath?: string | undefined
  /** The script that runs the daemon. */
  readonly program?: string
  /** The folder of the daemon that an editor's extension ships: copied to the home, and run from there. */
  readonly bundle?: string | undefined
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
}

/**
 * Runs a hub, detached. Resolves with true once it is ready, with false when another daemon holds the home; rejects
 * with the reason that it gave for not starting, or after `timeout` ms.
 */
export async function launch(home: string, options: LaunchOptions, timeout: number): Promise<boolean> {
  const { env = process.env, bundle, nodePath } = options
  const node = await findNode({ nodePath, env, isEditor: bundle !== undefined })
  if (bundle === undefined) return run(home, node, options.program ?? daemonProgram(), options, timeout)
  const { name, program } = await installDaemon(home, bundle)
  const isReady = await run(home, node, program, options, timeout)
  // What could not be removed now goes with the next start.
  if (isReady) await pruneVersions(home, name).catch(() => {})
  return isReady
}

async function run(
  home: string,
  node: NodeRuntime,
  program: string,
  { env = process.env, signal }: LaunchOptions,
  timeout: number,
): Promise<boolean> {
  const child = spawn(node.command, [program, 'hub', '--home', home, '--json', '--background'], {
    cwd: home,
    env: { ...daemonEnvironment(env), ...node.env },
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { stdout, stderr } = child
  let said = ''
  let complained = ''
  const outcome = Promise.withResolvers<boolean>()
  const late = setTimeout(() => outcome.reject(tooLate(home, timeout)), timeout)
  const aborted = () => outcome.reject(new ParleyError('closed', 'The start of the background service was called off.'))
  signal?.addEventListener('abort', aborted)
  stdout.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, limits.startOutput)
    if (said.includes('\n')) outcome.resolve(true)
  })
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complained = (complained + text).slice(-limits.startOutput)
  })
  child.on('error', cause =>
    outcome.reject(
      new ParleyError('not-running', `Parley’s background service could not be started: ${cause.message}.`, { cause }),
    ),
  )
  child.on('close', () => {
    const reason = readReason(complained)
    if (reason.code === 'already-running') outcome.resolve(false)
    else outcome.reject(reason)
  })
  try {
    return await outcome.promise
  } finally {
    clearTimeout(late)
    signal?.removeEventListener('abort', aborted)
    child.unref()
    stdout.destroy()
    stderr.destroy()
  }
}

/** The script of this very program, which a bundle has one folder nearer than source and package have. */
function daemonProgram(): string {
  const bundled = fileURLToPath(new URL('../bin/parley.js', import.meta.url))
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('../../bin/parley.js', import.meta.url))
}

/** The error that the daemon wrote to stderr: a line of JSON where it came that far, else its last words. */
function readReason(complained: string): ParleyError {
  const lines = complained.split('\n').filter(line => line.trim() !== '')
  for (const line of lines.toReversed()) {
    const error = readErrorLine(line)
    if (error) return error
  }
  return new ParleyError(
    'not-running',
    `Parley’s background service ended at once: ${lines.at(-1) ?? 'it said nothing'}`,
  )
}

function readErrorLine(line: string): ParleyError | undefined {
  try {
    const { error }: { error?: { code?: unknown; message?: unknown } } = JSON.parse(line)
    if (typeof error?.code !== 'string' || typeof error.message !== 'string') return undefined
    return errorFrom(error.code, error.message)
  } catch {
    return undefined
  }
}

/** The error of a daemon that was not ready after `timeout` ms. */
export function tooLate(home: string, timeout: number): ParleyError {
  return new ParleyError(
    'timeout',
    `Parley’s background service did not start within ${Math.ceil(timeout / 1000)} s; its log is in ${locations(home).logs}.`,
  )
}
