import { create, toBinary } from '@bufbuild/protobuf'
import type { Log, SearchDocument, SearchIndex, Storage } from '@parley/kit'
import { asParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type IndexRow, IndexRowSchema } from '../../protocol/hub_rows_pb.ts'
import { conversationId } from '../../protocol/ids.ts'
import { keys } from '../conversations/keys.ts'
import { Pace } from '../conversations/pace.ts'
import { readMessageRow, readRow } from '../conversations/rows.ts'
import { readUnindexed } from '../conversations/unindexed.ts'
import { documentOf, documentsOf } from './documents.ts'

export interface IndexerParts {
  readonly storage: Storage
  /** Undefined: nobody offers one. What waits for it is dropped then, and a later one is filled from the beginning. */
  readonly index: SearchIndex | undefined
  readonly log: Log
  /** ms; tests shorten it. */
  readonly pause?: number
}

/**
 * Keeps the search index in step with what is shown. What has changed waits in storage (`unindexed/…`) until the index
 * has committed it, so a crash makes it look twice and never miss anything. An index that is new, was lost or was found
 * damaged is filled from all message rows, in the background; what changes meanwhile goes first. It holds one batch in
 * memory, however much waits.
 */
export class Indexer {
  readonly #parts: IndexerParts
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  /** Those who wait for what has just come to be in the index. */
  readonly #waiting = new Set<() => void>()
  /** Whether the index is needed, though nothing waits for it. */
  #isNeeded = false
  /** Whether something that waits is being taken to the index. */
  #isTaking = false
  /** Whether something was noted since the last look at what waits. */
  #isAwake = false
  #isBehind = true

  constructor(parts: IndexerParts) {
    this.#parts = parts
  }

  /** Whether the index does not know everything yet. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** Looks what waits. Where that is nothing the index is opened with the first search, which few hubs see. */
  start(): void {
    this.#run()
  }

  /** Something that is shown has changed. What else changes soon is indexed with it. */
  wake(): void {
    this.#isAwake = true
    if (this.#timer !== undefined || this.#closing.signal.aborted) return
    this.#timer = setTimeout(() => this.#run(), this.#parts.pause ?? limits.indexPause).unref()
  }

  /** Resolves once what waits now is in the index, or after `limits.indexWait` ms; filling it is not waited for. */
  async settle(): Promise<void> {
    if (this.#isNeeded && !this.#isAwake && !this.#isTaking) return
    this.#isNeeded = true
    this.#isAwake = true
    const done = Promise.withResolvers<void>()
    const timer = setTimeout(done.resolve, limits.indexWait)
    this.#waiting.add(done.resolve)
    this.#run()
    await done.promise
    clearTimeout(timer)
    this.#waiting.delete(done.resolve)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    await this.#running
  }

  #run(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#running !== undefined || this.#closing.signal.aborted) return
    this.#running = this.#work().finally(() => {
      this.#running = undefined
      if (this.#isAwake) this.wake()
    })
  }

  async #work(): Promise<void> {
    try {
      await this.#catchUp()
      this.#failures = 0
    } catch (error) {
      this.#isTaking = false
      if (this.#closing.signal.aborted) return
      this.#failures++
      this.#isBehind = true
      this.#parts.log.warn(
        { error: asParleyError(error).message },
        'The search index could not be kept in step; trying again.',
      )
      const wait = Math.min(limits.indexRetry * 2 ** (this.#failures - 1), limits.indexRetryLongest)
      this.#timer = setTimeout(() => this.#run(), wait).unref()
    }
  }

  async #catchUp(): Promise<void> {
    const { index, storage } = this.#parts
    if (index === undefined) return this.#drop()
    this.#isAwake = this.#isNeeded && this.#isAwake
    if (!this.#isNeeded && (await this.#isIdle())) {
      this.#isBehind = false
      return
    }
    this.#isNeeded = true
    let state = await this.#stateOf(await index.identity())
    let noted = performance.now()
    while (!this.#closing.signal.aborted) {
      this.#isTaking = true
      await this.#takeChanges(index)
      this.#isTaking = false
      for (const done of this.#waiting) done()
      if (state.isFilled) break
      state = await this.#fill(index, state)
      if (!state.isFilled && performance.now() - noted < limits.fillNoted) continue
      await storage.write([{ put: stateKey, value: toBinary(IndexRowSchema, state) }])
      noted = performance.now()
    }
    this.#isBehind = !state.isFilled
  }

  /** Whether nothing waits, and all that is stored was told to an index, or there is nothing. */
  async #isIdle(): Promise<boolean> {
    const { storage } = this.#parts
    const waiting = await storage.list(keys.unindexedAll, { limit: 1 })
    if (waiting.rows.length > 0) return false
    const [row] = await storage.get([stateKey])
    if (row !== undefined) return readRow(IndexRowSchema, stateKey, row).isFilled
    return (await storage.list(messages, { limit: 1 })).rows.length === 0
  }

  /** How far the index of that name is; one that is not known begins at nothing. */
  async #stateOf(identity: string): Promise<IndexRow> {
    const [row] = await this.#parts.storage.get([stateKey])
    const known = row && readRow(IndexRowSchema, stateKey, row)
    if (known?.identity === identity) return known
    this.#parts.log.info({}, 'The search index is empty: it is filled from what is stored.')
    return create(IndexRowSchema, { identity })
  }

  /** Takes to the index all that waits. */
  async #takeChanges(index: SearchIndex): Promise<void> {
    const { storage } = this.#parts
    while (!this.#closing.signal.aborted) {
      this.#isAwake = false
      const { rows, more } = await storage.list(keys.unindexedAll, { limit: limits.indexRows })
      if (rows.length === 0) return
      const batch = new IndexBatch(index)
      for (const [key, value] of rows) {
        const { conversation, messages } = readUnindexed(key, value)
        for (let at = 0; at < messages.length; at += limits.fillRows) {
          const some = await documentsOf(storage, conversation, messages.slice(at, at + limits.fillRows))
          await batch.put(some.put)
          await batch.remove(some.remove)
        }
      }
      await batch.flush()
      await storage.write(rows.map(([key]) => ({ remove: key })))
      if (!more && !this.#isAwake) return
    }
  }

  /** Tells the index some more of what is stored. */
  async #fill(index: SearchIndex, { $typeName: _, ...state }: IndexRow): Promise<IndexRow> {
    const { storage } = this.#parts
    const batch = new IndexBatch(index)
    let { filledTo } = state
    let isFilled = false
    const pace = new Pace()
    while (!batch.isFull && !isFilled) {
      await pace.step()
      const range = { limit: limits.fillRows, ...(filledTo === '' ? {} : { after: filledTo }) }
      const { rows, more } = await storage.list(messages, range)
      const documents = rows.flatMap(([key, value]) => {
        const [, conversation = ''] = key.split('/')
        const position = key.slice(messages.length + conversation.length + 1)
        return documentOf(conversationId(conversation), position, readMessageRow(key, value)) ?? []
      })
      await batch.put(documents)
      filledTo = rows.at(-1)?.[0] ?? filledTo
      isFilled = !more
    }
    await batch.flush()
    return create(IndexRowSchema, { ...state, filledTo, isFilled })
  }

  /** Nobody offers an index: nothing waits for one, and one that comes later knows nothing. */
  async #drop(): Promise<void> {
    const { storage } = this.#parts
    await storage.write([{ remove: stateKey }])
    while (!this.#closing.signal.aborted) {
      this.#isAwake = false
      const { rows, more } = await storage.list(keys.unindexedAll, { limit: limits.fillRows })
      if (rows.length > 0) await storage.write(rows.map(([key]) => ({ remove: key })))
      if (!more) break
    }
    this.#isBehind = false
  }
}

const stateKey = 'search-index'
const messages = 'message/'

/** Gathers what goes to the index in one go, within what it takes. */
class IndexBatch {
  readonly #index: SearchIndex
  #documents: SearchDocument[] = []
  #ids: string[] = []
  #bytes = 0

  constructor(index: SearchIndex) {
    this.#index = index
  }

  get isFull(): boolean {
    return this.#documents.length >= limits.indexBatch - limits.fillRows || this.#bytes >= limits.indexBytes
  }

  async put(documents: readonly SearchDocument[]): Promise<void> {
    for (const document of documents) {
      this.#documents.push(document)
      this.#bytes += document.text.length
      if (this.#documents.length >= limits.indexBatch || this.#bytes >= 2 * limits.indexBytes) await this.flush()
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    this.#ids.push(...ids)
    if (this.#ids.length >= limits.indexBatch) await this.flush()
  }

  async flush(): Promise<void> {
    const [documents, ids] = [this.#documents, this.#ids]
    this.#documents = []
    this.#ids = []
    this.#bytes = 0
    for (let at = 0; at < ids.length; at += limits.indexBatch) {
      await this.#index.remove(ids.slice(at, at + limits.indexBatch))
    }
    if (documents.length > 0) await this.#index.put(documents)
  }
}
