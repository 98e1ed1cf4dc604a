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

/** All threads, file names instead of numbers, strings long enough for a page of the database. */
export function traceOptions(file: string): string[] {
  return ['-f', '-y', '-s', '4200', '-e', 'trace=pwrite64,fsync,fdatasync,write,writev', '-o', file]
}

/**
 * The answers before which what they acknowledge was not written to the storage's log and then flushed, since the answer
 * before: none, unless something is acknowledged that a power cut would take away. `answerOf` gives a part of what a
 * line acknowledges as it stands in the log, maybe empty, and undefined for a line that is no answer. Other writes may
 * come between, of the same storage and of others, such as the search index.
 */
export function unflushedAnswers(lines: readonly string[], answerOf: (line: string) => string | undefined): string[] {
  const faults: string[] = []
  const flushing = new Set<string>()
  let written: string[] = []
  let flushed: string[] = []
  for (const line of lines) {
    const [thread = ''] = line.split(' ', 1)
    const acknowledged = answerOf(line)
    if (/pwrite64\(\d+<[^>]*\/data\.db-wal>/.test(line)) written.push(line)
    else if (/f(?:data)?sync\(\d+<[^>]*\/data\.db-wal>\s+<unfinished/.test(line)) flushing.add(thread)
    else if (isFlush(line) || (isEndOfFlush(line) && flushing.delete(thread))) {
      flushed.push(...written)
      written = []
    } else if (acknowledged !== undefined) {
      if (!flushed.some(each => each.includes(acknowledged))) faults.push(`not flushed before ${line}`)
      flushed = []
    }
  }
  return faults
}

function isFlush(line: string): boolean {
  return /f(?:data)?sync\(\d+<[^>]*\/data\.db-wal>\)\s+= 0/.test(line)
}

/** While other threads run, the end of a flush stands on a line of its own. */
function isEndOfFlush(line: string): boolean {
  return /<\.\.\. f(?:data)?sync resumed>.*= 0/.test(line)
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
