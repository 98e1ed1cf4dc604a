import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { errorFrom, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { ensureHome } from '../locations.ts'
import { controlVersions } from '../protocol/control.ts'
import { type Client, type ConnectOptions, connect, findDaemon, stopOlder } from './connect.ts'
import { daemonEnvironment } from './environment.ts'
import type { Lock } from './lock.ts'
import { findNode } from './node.ts'

export interface StartOptions extends ConnectOptions {
  /** The setting `parley.nodePath`. */
  readonly nodePath?: string | undefined
  /** The script that runs the daemon. */
  readonly program?: string
  /** ms until giving up. */
  readonly timeout?: number
  readonly env?: NodeJS.ProcessEnv
}

/**
 * Connects to the hub of `home`, starting one in the background when none runs. However many do so at once, one of them
 * launches it and one daemon serves them all. A daemon that cannot start says why, and that is what this rejects with.
 */
export async function connectOrStart(options: StartOptions): Promise<Client> {
  const { timeout = limits.daemonStart, signal } = options
  const end = performance.now() + timeout
  const { home, startLock } = ensureHome(options.home)
  let again = 0
  for (;;) {
    const client = await connectIfRunning({ ...options, home })
    if (client) return client
    signal?.throwIfAborted()
    if (performance.now() > end) throw tooLate(home, timeout)
    const turn = performance.now() < again ? undefined : await takeTurn(startLock)
    if (!turn) {
      await pause(limits.startPoll, undefined, { ...(signal && { signal }) })
      continue
    }
    try {
      const isReady = await launch(home, options, end - performance.now())
      // Another daemon holds the home: it is getting ready, or on its way out.
      if (!isReady) again = performance.now() + limits.startAgain
    } finally {
      turn.release()
    }
  }
}

/**
 * The right to launch a daemon, which one starter of a home has at a time: fifty processes that race for the home's own
 * lock would keep each other from starting. `undefined` while another starter has it.
 */
async function takeTurn(startLock: string): Promise<Lock | undefined> {
  try {
    // Only here: a front end's runtime may lack node:sqlite, which the daemon's own must have.
    const { acquireLock } = await import('./lock.ts')
    return acquireLock(startLock)
  } catch (error) {
    if (error instanceof ParleyError && error.code === 'already-running') return undefined
    if (error instanceof ParleyError) throw error
    return { release() {} }
  }
}

async function connectIfRunning(options: ConnectOptions): Promise<Client | undefined> {
  try {
    return await connect(options)
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
    if (error.code === 'too-old') return replaceOlder(options, error)
    // Each of these is what a daemon that was killed, or is on its way out, leaves behind.
    if (['not-running', 'forged', 'damaged-data', 'closed'].includes(error.code)) return undefined
    throw error
  }
}

/** The newest wins: a daemon that speaks only older versions makes way, a newer one is left alone. */
async function replaceOlder(options: ConnectOptions, error: ParleyError): Promise<undefined> {
  const { versions = controlVersions, home } = options
  const { protocol } = await findDaemon(home)
  if (versions.lowest <= protocol.highest) throw error
  await stopOlder(options)
  return undefined
}

/**
 * Runs a hub, detached. Resolves with true once it is ready, with false when another daemon holds the home; rejects
 * with the reason that it gave for not starting.
 */
async function launch(home: string, options: StartOptions, timeout: number): Promise<boolean> {
  const { env = process.env, program = daemonProgram() } = options
  const node = await findNode({ nodePath: options.nodePath, env })
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
  const late = setTimeout(() => outcome.reject(tooLate(home, options.timeout ?? limits.daemonStart)), timeout)
  stdout.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, limits.startOutput)
    if (said.includes('\n')) outcome.resolve(true)
  })
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complained = (complained + text).slice(-limits.startOutput)
  })
  child.on('error', cause =>
    outcome.reject(new ParleyError('not-running', `The daemon could not be started: ${cause.message}.`, { cause })),
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
  return new ParleyError('not-running', `The daemon could not be started: ${lines.at(-1) ?? 'it ended without a word'}`)
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

function tooLate(home: string, timeout: number): ParleyError {
  return new ParleyError(
    'timeout',
    `The daemon of ${home} did not start within ${timeout / 1000} s; its log is in the folder logs there.`,
  )
}
