import { setTimeout as pause } from 'node:timers/promises'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { ensureHome } from '../locations.ts'
import { controlVersions } from '../protocol/control.ts'
import { type Client, type ConnectOptions, connect, findDaemon, stopOlder } from './connect.ts'
import { endDaemon, waitUntilLeft } from './end.ts'
import { versionOfBundle } from './install.ts'
import { type LaunchOptions, launch, tooLate } from './launch.ts'
import type { Lock } from './lock.ts'
import { compareVersions } from './versions.ts'

export interface StartOptions extends ConnectOptions, LaunchOptions {
  readonly signal?: AbortSignal
  /** ms until giving up. */
  readonly timeout?: number
}

/**
 * Connects to the hub of `home`, starting one in the background when none runs. However many do so at once, one of them
 * launches it and one daemon serves them all. A daemon that cannot start says why, and that is what this rejects with.
 *
 * The newest wins: one that runs in the background and is older than what would be started makes way, a newer one stays.
 */
export async function connectOrStart(options: StartOptions): Promise<Client> {
  const { timeout = limits.daemonStart, signal } = options
  const end = performance.now() + timeout
  const { home, startLock } = ensureHome(options.home)
  const seeker = new Seeker({ ...options, home })
  let again = 0
  for (;;) {
    const found = await seeker.look()
    if (found?.is === 'client') return found.client
    signal?.throwIfAborted()
    if (performance.now() > end) throw tooLate(home, timeout)
    const turn = performance.now() < again ? undefined : await takeTurn(startLock)
    if (!turn) {
      await pause(limits.startPoll, undefined, { ...(signal && { signal }) })
      continue
    }
    try {
      // Whoever had the turn before may have done it all.
      const now = await seeker.look()
      if (now?.is === 'client') return now.client
      // Under the lock, so that no older editor starts its own in between.
      if (now) await seeker.replace(now)
      const isReady = await launch(home, options, Math.max(1, end - performance.now()))
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

/** A daemon that is to make way. */
interface Older {
  readonly is: 'older'
  end(): Promise<void>
}

/** Looks for the daemon of a home, and tells whether it is one to stay with. */
class Seeker {
  readonly #options: StartOptions
  #hasReplaced = false

  constructor(options: StartOptions) {
    this.#options = options
  }

  async look(): Promise<{ readonly is: 'client'; readonly client: Client } | Older | undefined> {
    let client: Client
    try {
      client = await connect(this.#options)
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error
      if (error.code === 'too-old') return this.#tooOld(error)
      // Each of these is what a daemon that was killed, or is on its way out, leaves behind.
      if (['not-running', 'forged', 'damaged-data', 'closed'].includes(error.code)) return undefined
      throw error
    }
    if (!(await this.#isOutdated(client))) return { is: 'client', client }
    client.close()
    return { is: 'older', end: () => this.#end() }
  }

  async replace(older: Older): Promise<void> {
    // Once: what comes back older again is kept running by somebody else, who would never give in.
    this.#hasReplaced = true
    await older.end()
  }

  /** One that speaks only older versions of the control API makes way, a newer one is left alone. */
  async #tooOld(error: ParleyError): Promise<Older> {
    const { versions = controlVersions, home } = this.#options
    const { protocol, pid } = await findDaemon(home)
    if (versions.lowest <= protocol.highest) throw error
    const end = async () => {
      await stopOlder(this.#options)
      await waitUntilLeft(home, pid, limits.daemonEnd)
    }
    return { is: 'older', end }
  }

  /** A hub that somebody runs in the foreground, or a registry, is theirs to renew. */
  async #isOutdated({ daemon }: Client): Promise<boolean> {
    const { bundle } = this.#options
    if (bundle === undefined || this.#hasReplaced || daemon.isBackground !== true) return false
    const own = await versionOfBundle(bundle).catch(() => undefined)
    return own !== undefined && compareVersions(daemon.daemon, own) < 0
  }

  async #end(): Promise<void> {
    try {
      await endDaemon(this.#options.home, await connect(this.#options), { isForced: false })
    } catch (error) {
      // It has gone by itself.
      if (!(error instanceof ParleyError && ['not-running', 'closed'].includes(error.code))) throw error
    }
  }
}
