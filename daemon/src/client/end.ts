import { setTimeout as pause } from 'node:timers/promises'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { locations } from '../locations.ts'
import { type Client, type ConnectOptions, connect, findDaemon } from './connect.ts'
import { readDaemonFile } from './published.ts'

export interface EndOptions {
  /** Whether the process of one that does not end is killed: what it has acknowledged survives that. */
  readonly isForced: boolean
  /** ms that it may take by itself. */
  readonly timeout?: number
}

/**
 * Ends the daemon that runs for a home, also one that does not answer any more. Nothing happens when none runs, or when
 * it is too new for this front end: what is newer stays.
 */
export async function endRunning(options: ConnectOptions, timeout: number = limits.daemonEnd): Promise<void> {
  const { home } = options
  let client: Client
  try {
    client = await connect(options)
  } catch (error) {
    if (!(error instanceof ParleyError && error.code === 'timeout')) return
    const { pid } = await findDaemon(home)
    if (!(await holds(home, pid))) return
    kill(pid)
    await waitUntilLeft(home, pid, timeout)
    return
  }
  await endDaemon(home, client, { isForced: true, timeout })
}

/** Ends the daemon of `home` behind `client`. Resolves once it has left the home, or has had its time. */
export async function endDaemon(home: string, client: Client, options: EndOptions): Promise<void> {
  const { isForced, timeout = limits.daemonEnd } = options
  const { pid } = client.daemon
  const end = performance.now() + timeout
  try {
    // One that hangs answers nothing; one that stops may be gone before its answer is read.
    await client.request('stop', {}, { timeout }).catch(() => {})
    const hasLeft = await waitUntilLeft(home, pid, end - performance.now())
    if (hasLeft || !isForced) return
    kill(pid)
    await waitUntilLeft(home, pid, timeout)
  } finally {
    client.close()
  }
}

/**
 * Waits until the daemon with this process id holds the home no longer; false when it still does after `timeout` ms. By
 * the home's lock, because a process that nobody reaps, as in a container, keeps its id.
 */
export async function waitUntilLeft(home: string, pid: number, timeout: number): Promise<boolean> {
  const end = performance.now() + timeout
  while (await holds(home, pid)) {
    if (performance.now() > end) return false
    await pause(limits.startPoll)
  }
  return true
}

async function holds(home: string, pid: number): Promise<boolean> {
  const { lock, daemonFile } = locations(home)
  try {
    const { isLocked } = await import('./lock.ts')
    if (!isLocked(lock)) return false
    const published = await readDaemonFile(daemonFile)
    // Without one it is on its way out, or another one on its way in.
    return published === undefined || published.pid === pid
  } catch {
    // This runtime lacks node:sqlite: who starts the next one finds out by trying.
    return false
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
