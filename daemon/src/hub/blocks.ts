import { create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { BlockedRowSchema } from '../protocol/account_rows_pb.ts'
import {
  type ConversationId,
  conversationId,
  type RegistryId,
  registryId,
  type UserId,
  userId,
} from '../protocol/ids.ts'
import { readRow } from './conversations/rows.ts'

declare const kind: unique symbol
/** Who is blocked, as the end of the row's key. */
export type BlockKey = string & { readonly [kind]: 'block' }

/** Somebody with an account key: of a team their user, of no team (the zero registry) the hash of that key. */
export const personBlock = (registry: RegistryId, user: UserId) => `person/${registry}/${user}` as BlockKey

/** A classic client, by the conversation with it: its address and the name that it claims. */
export const classicBlock = (conversation: ConversationId) => `classic/${conversation}` as BlockKey

/** What a key says of who is blocked. */
export function readBlockKey(
  key: BlockKey,
): { readonly registry: RegistryId; readonly user: UserId } | { readonly classic: ConversationId } {
  const [of, first = '', user = ''] = key.split('/')
  return of === 'person' ? { registry: registryId(first), user: userId(user) } : { classic: conversationId(first) }
}

/** Somebody who is blocked. */
export interface Blocked {
  readonly key: BlockKey
  /** As they were called. */
  readonly name: string
  /** Since when, in ms. */
  readonly at: number
}

/** Whom this home talks to no more, in the rows `blocked/<key>`: all of them are in memory. */
export class Blocks {
  readonly #storage: Storage
  readonly #now: () => number
  readonly #rows = new Map<BlockKey, Blocked>()
  readonly #listeners = new Set<(key: BlockKey) => void>()
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(storage: Storage, now: () => number) {
    this.#storage = storage
    this.#now = now
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(storage: Storage, now: () => number): Promise<Blocks> {
    const blocks = new Blocks(storage, now)
    const { rows } = await storage.list(prefix, { limit: limits.blocked })
    for (const [rowKey, value] of rows) {
      const { name, at } = readRow(BlockedRowSchema, rowKey, value)
      const key = rowKey.slice(prefix.length) as BlockKey
      blocks.#rows.set(key, { key, name, at: Number(at) })
    }
    return blocks
  }

  has(key: BlockKey): boolean {
    return this.#rows.has(key)
  }

  /** The latest first. */
  all(): Blocked[] {
    return [...this.#rows.values()].sort((a, b) => b.at - a.at)
  }

  /** Called whenever somebody was blocked, or is no longer; returns what ends it. */
  watch(listener: (key: BlockKey) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves once it is committed; again it changes nothing. @throws ParleyError `busy` when too many are blocked */
  block(key: BlockKey, name: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#rows.has(key)) return
      if (this.#rows.size >= limits.blocked) {
        throw new ParleyError(
          'busy',
          `${limits.blocked} people are blocked, which is the most. Unblock somebody first.`,
        )
      }
      const blocked = { key, name, at: this.#now() }
      const row = create(BlockedRowSchema, { name, at: BigInt(blocked.at) })
      await this.#storage.write([{ put: prefix + key, value: toBinary(BlockedRowSchema, row) }])
      this.#rows.set(key, blocked)
      this.#tell(key)
    })
  }

  /** Resolves once it is committed; of somebody who is not blocked it changes nothing. */
  unblock(key: BlockKey): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#rows.has(key)) return
      await this.#storage.write([{ remove: prefix + key }])
      this.#rows.delete(key)
      this.#tell(key)
    })
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const result = this.#writing.then(run)
    this.#writing = result.catch(() => undefined)
    return result
  }

  #tell(key: BlockKey): void {
    for (const listener of this.#listeners) listener(key)
  }
}

const prefix = 'blocked/'
