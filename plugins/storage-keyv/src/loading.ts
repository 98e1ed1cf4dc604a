import type { Log } from '@parley/kit'
import type { Calls } from './calls.ts'
import { damaged, unanswered } from './errors.ts'
import { type Changed, decodeEntry, type JournalEntry } from './journal.ts'
import { limits } from './limits.ts'
import type { Names } from './names.ts'
import type { Owner } from './owner.ts'
import { decodeValue, readHead } from './row.ts'
import { Rows } from './rows.ts'
import { storeRows } from './storing.ts'

interface LoadOptions {
  readonly calls: Calls
  readonly names: Names
  readonly owner: Owner
  readonly log: Log
  readonly signal: AbortSignal
}

/** Reads which keys there are, and brings what is only in the journal into its rows. @throws StorageError */
export async function loadRows({ calls, names, owner, log, signal }: LoadOptions): Promise<Rows> {
  const rows = new Rows()
  const journal = new Journal()
  let hasAbout = false
  let told = performance.now()
  for await (const [name, value] of calls.entries(names.namespace)) {
    signal.throwIfAborted()
    const what = names.read(name)
    if (what === 'about') hasAbout = true
    else if (what === undefined) continue
    else if (!('row' in what)) journal.add(name, what, value)
    else if (!putRow(rows, what.row, value)) throw damaged(calls.store, 'a row cannot be read')
    if (performance.now() - told < limits.progress) continue
    told = performance.now()
    log.info({ rows: rows.count }, 'Reading the keys of the storage')
  }
  // It was set a moment ago: keys would be lost without a word.
  if (!hasAbout) throw unanswered(calls.store, "the adapter's iterator does not give what was set")
  const { changed, torn } = journal.replay(owner, calls.store)
  if (torn) log.warn({}, 'The last entry of the journal is not whole: it was never answered, and is left out')
  await storeRows(calls, names, changed)
  for (const [key, value] of changed) {
    if (value === undefined) rows.remove(key)
    else if (!putRow(rows, key, value)) throw damaged(calls.store, 'an entry of the journal cannot be read')
  }
  await owner.begin()
  await calls.delete(journal.names)
  return rows
}

function putRow(rows: Rows, key: string, text: string): boolean {
  const head = readHead(text)
  if (head === undefined) return false
  const row = { key, ...head, value: decodeValue(text) }
  rows.put(row)
  rows.cache(row)
  return true
}

/** The entries that were found, in whatever order. */
class Journal {
  readonly names: string[] = []
  readonly #values = new Map<string, string>()
  readonly #heads: { readonly epoch: number; readonly sequence: number }[] = []

  add(
    name: string,
    { epoch, sequence, part }: { readonly epoch: number; readonly sequence: number; readonly part?: number },
    value: string,
  ): void {
    this.names.push(name)
    this.#values.set(`${epoch} ${sequence} ${part ?? 'head'}`, value)
    if (part === undefined) this.#heads.push({ epoch, sequence })
  }

  /** What has yet to go into rows: all entries behind the last one that was applied. One that is missing was lost. */
  replay({ epoch, applied }: Pick<Owner, 'epoch' | 'applied'>, store: string): { changed: Changed; torn: boolean } {
    const sequences = this.#heads.filter(head => head.epoch === epoch).map(head => head.sequence)
    sequences.sort((a, b) => a - b)
    const entries = new Map(sequences.map(sequence => [sequence, this.#entry(epoch, sequence)]))
    const last = sequences.at(-1)
    const torn = last !== undefined && entries.get(last) === undefined
    const end = torn ? last - 1 : (last ?? 0)
    const changed = new Map<string, string | undefined>()
    for (let sequence = Math.max(applied, entries.get(end)?.applied ?? 0) + 1; sequence <= end; sequence++) {
      const entry = entries.get(sequence)
      if (entry === undefined) throw damaged(store, 'an entry of its journal is missing')
      for (const [key, value] of entry.changed) changed.set(key, value)
    }
    return { changed, torn }
  }

  #entry(epoch: number, sequence: number): JournalEntry | undefined {
    const value = (part: number | 'head') => this.#values.get(`${epoch} ${sequence} ${part}`)
    return decodeEntry(value('head') ?? '', value)
  }
}
