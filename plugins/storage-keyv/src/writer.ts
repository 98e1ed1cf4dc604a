import { type Change, StorageError } from '@parley/kit'
import type { Applier, Put } from './applier.ts'
import type { Calls } from './calls.ts'
import { again, crowded, textOf } from './errors.ts'
import { encodeEntry } from './journal.ts'
import { limits } from './limits.ts'
import type { Names } from './names.ts'
import type { Owner } from './owner.ts'
import type { Reader } from './reader.ts'
import { encodeValue, type Row } from './row.ts'
import type { Rows } from './rows.ts'

type Outcome = 'committed' | 'conflict'

/** A batch with bytes of its own. */
interface Waiting {
  readonly checks: readonly (readonly [key: string, is: Uint8Array | undefined])[]
  readonly changed: readonly (readonly [key: string, put: Put | undefined])[]
  readonly size: number
  resolve(outcome: Outcome): void
  reject(error: StorageError): void
}

interface WriterParts {
  readonly calls: Calls
  readonly names: Names
  readonly rows: Rows
  readonly owner: Owner
  readonly reader: Reader
  readonly applier: Applier
}

type Draft = Map<string, Put | undefined>

/** Writes what waits together as one entry of the journal, which is when it counts. */
export class Writer {
  readonly #parts: WriterParts
  #queue: Waiting[] = []
  #bytes = 0
  #sequence = 0
  #working: Promise<void> | undefined
  #ended: StorageError | undefined

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  /** The changes must have passed the kit's checks; their bytes are copied. */
  write(changes: readonly Change[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(again(this.#ended))
      const { calls } = this.#parts
      if (this.#queue.length >= limits.waiting || this.#bytes > limits.waitingBytes) return reject(crowded(calls.store))
      const batch = { ...prepare(changes), resolve, reject }
      this.#queue.push(batch)
      this.#bytes += batch.size
      // What is written in one turn of the event loop shares an entry.
      this.#working ??= new Promise<void>(next => setImmediate(next)).then(() => this.#work())
    })
  }

  /** Resolves when everything that waits is answered. */
  async drained(): Promise<void> {
    await this.#working
  }

  end(error: StorageError): void {
    this.#ended ??= error
    for (const { reject } of this.#queue.splice(0)) reject(again(error))
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#take()
      try {
        const outcomes = await this.#commit(group)
        for (const [index, { resolve }] of group.entries()) resolve(outcomes[index] ?? 'conflict')
      } catch (error) {
        const failed =
          this.#ended ?? (error instanceof StorageError ? error : this.#parts.calls.fail(textOf(error), error))
        for (const { reject } of group) reject(again(failed))
      }
      await this.#parts.applier.room()
    }
    this.#working = undefined
  }

  #take(): Waiting[] {
    let size = 0
    const end = this.#queue.findIndex(batch => {
      size += batch.size
      return size > limits.group
    })
    const group = this.#queue.splice(0, end < 0 ? this.#queue.length : Math.max(1, end))
    for (const batch of group) this.#bytes -= batch.size
    return group
  }

  async #commit(group: readonly Waiting[]): Promise<Outcome[]> {
    const { owner, applier, reader, rows } = this.#parts
    await owner.ensure(applier.applied)
    const checked = [...new Set(group.flatMap(({ checks }) => checks.map(([key]) => key)))]
    const draft: Draft = new Map()
    const now = Date.now()
    const outcomes = await reader.at(
      () => checked.map(key => rows.live(key, now)),
      (_, bytesOf) => group.map(batch => this.#apply(batch, draft, now, bytesOf)),
    )
    if (draft.size > 0) {
      for (const key of rows.due(now)) if (!draft.has(key)) draft.set(key, undefined)
      await this.#journal(draft)
    }
    return outcomes
  }

  #apply(batch: Waiting, draft: Draft, now: number, bytesOf: (row: Row) => Uint8Array): Outcome {
    const { rows } = this.#parts
    const find = (key: string) => (draft.has(key) ? draft.get(key)?.row : rows.get(key))
    for (const [key, is] of batch.checks) {
      const row = find(key)
      const isAbsent = row === undefined || (row.expires !== undefined && row.expires <= now)
      if (isAbsent || is === undefined) {
        if (isAbsent && is === undefined) continue
        return 'conflict'
      }
      if (Buffer.compare(bytesOf(row), is) !== 0) return 'conflict'
    }
    for (const [key, put] of batch.changed) {
      if (put !== undefined || draft.has(key) || rows.get(key) !== undefined) draft.set(key, put)
    }
    return 'committed'
  }

  async #journal(draft: Draft): Promise<void> {
    const { calls, names, rows, owner, applier } = this.#parts
    const sequence = ++this.#sequence
    const { applied } = applier
    const texts = new Map<string, string | undefined>()
    for (const [key, put] of draft) texts.set(key, put?.text)
    const { parts, head } = encodeEntry(texts, applied)
    const stored = parts.map((value, part) => ({ key: names.journal(owner.epoch, sequence, part), value }))
    for (const part of stored) await calls.setMany([part])
    const name = names.journal(owner.epoch, sequence)
    await calls.setMany([{ key: name, value: head }])
    for (const [key, put] of draft) {
      if (put) rows.put(put.row)
      else rows.remove(key)
    }
    applier.add(sequence, [name, ...stored.map(({ key }) => key)], draft)
    applier.known(applied)
  }
}

function prepare(changes: readonly Change[]): Pick<Waiting, 'checks' | 'changed' | 'size'> {
  const checks: [string, Uint8Array | undefined][] = []
  const changed: [string, Put | undefined][] = []
  let size = 0
  for (const change of changes) {
    if ('check' in change) {
      checks.push([change.check, change.is && new Uint8Array(change.is)])
      size += change.is?.byteLength ?? 0
    } else if ('remove' in change) {
      changed.push([change.remove, undefined])
      size += change.remove.length
    } else {
      const { put: key, expires } = change
      const value = new Uint8Array(change.value)
      const text = encodeValue(value, expires)
      changed.push([key, { row: { key, expires, size: value.byteLength, value }, text }])
      size += key.length + text.length
    }
  }
  return { checks, changed, size }
}
