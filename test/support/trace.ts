import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

/** What the kernel was asked for by a process and its threads, in order, while it was watched. */
export interface Trace {
  /** Ends the watching and gives the lines, each one system call with the paths of its files. */
  end(): Promise<readonly string[]>
}

/** Watches the writes and flushes of a process that runs; undefined where there is no strace or it may not watch. */
export async function trace(pid: number, file: string): Promise<Trace | undefined> {
  if (!hasStrace()) return undefined
  const strace = spawn('strace', [...traceOptions(file), '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(strace, 'close')
  if (!(await hasAttached(strace))) return undefined
  return {
    async end() {
      strace.kill('SIGINT')
      await ended
      return (await readFile(file, 'utf8')).split('\n')
    },
  }
}

/** Whether strace is there: Linux only, and a package of its own. */
export function hasStrace(): boolean {
  return process.platform === 'linux' && spawnSync('strace', ['-V']).status === 0
}

/** All threads, file names instead of numbers, long enough strings to find an answer in. */
export function traceOptions(file: string): string[] {
  return ['-f', '-y', '-s', '600', '-e', 'trace=pwrite64,fsync,fdatasync,write,writev', '-o', file]
}

/**
 * The answers before which the database's log was not written and then flushed, since the answer before: none, unless
 * something is acknowledged that a power cut would take away.
 */
export function unflushedAnswers(lines: readonly string[], isAnswer: (line: string) => boolean): string[] {
  const faults: string[] = []
  let log: 'untouched' | 'written' | 'flushed' = 'untouched'
  for (const line of lines) {
    if (/pwrite64\(\d+<[^>]*-wal>/.test(line)) log = 'written'
    else if (log === 'written' && isFlush(line)) log = 'flushed'
    else if (isAnswer(line)) {
      if (log !== 'flushed') faults.push(`${log} before ${line}`)
      log = 'untouched'
    }
  }
  return faults
}

/** A flush that has ended; while other threads run, its end stands on a line of its own. */
function isFlush(line: string): boolean {
  return /(?:fsync|fdatasync)\(\d+<[^>]*-wal>\)\s+= 0|<\.\.\. (?:fsync|fdatasync) resumed>.*= 0/.test(line)
}

async function hasAttached(strace: ChildProcess): Promise<boolean> {
  let said = ''
  for await (const text of strace.stderr ?? []) {
    said += text
    if (/attached/.test(said)) return true
    if (/not permitted|failed/i.test(said)) return false
  }
  return false
}
