import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import type { Entry } from '../../protocol/parley_pb.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'
import { sizeOf } from './intake.ts'
import { behind, seqOf } from './keys.ts'
import { readRow } from './rows.ts'

/** An entry at its place in a log. */
export interface LogEntry {
  readonly seq: number
  readonly entry: Entry
  /** Bytes as credit counts them. */
  readonly size: number
}

/**
 * The entries of a stored log behind `seq` and before `end`, which must be one chain there: a run of about `bytes` that
 * ends where a signature is held. Empty at the end of the log.
 */
export async function readLog(
  storage: Storage,
  log: string,
  seq: number,
  bytes: number,
  end = Number.POSITIVE_INFINITY,
): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = []
  let after = behind(log, seq)
  let size = 0
  for (;;) {
    const page = await storage.list(log, { after, limit: pageFor(bytes - size, entries) })
    const rows = page.rows.filter(([key]) => seqOf(key) < end)
    for (const [key, value] of rows) {
      const entry = readRow(EntrySchema, key, value)
      entries.push({ seq: seqOf(key), entry, size: sizeOf(entry) })
      size += sizeOf(entry)
      after = key
    }
    const run = cutRun(entries, bytes)
    const more = page.more && rows.length === page.rows.length
    // Signatures are never further apart than a run, so what is read stays bounded.
    if (!more || size >= bytes + limits.run || (size >= bytes && run.length > 0)) return run
  }
}

/** The longest run at the start of `entries` that ends with a signature and has about `bytes`: never more than one entry over. */
export function cutRun<Each extends LogEntry>(entries: Iterable<Each>, bytes: number): Each[] {
  const run: Each[] = []
  let signed = 0
  let size = 0
  for (const each of entries) {
    if (size >= bytes && signed > 0) break
    if (size + each.size > limits.run && signed > 0) break
    run.push(each)
    size += each.size
    if (each.entry.signature.length > 0) signed = run.length
  }
  return run.slice(0, signed)
}

/** Rows of the next page, by the size of those before: large entries must not fill the memory. */
function pageFor(bytes: number, before: readonly LogEntry[]): number {
  const last = before.at(-1)
  if (last === undefined) return firstPage
  return Math.min(Math.max(Math.ceil(Math.max(bytes, 1) / Math.max(last.size, 1)), 1), limits.logPage)
}

const firstPage = 16
