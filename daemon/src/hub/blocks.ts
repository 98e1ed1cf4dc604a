import { create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { BlockedRowSchema } from '../protocol/account_rows_pb.ts'
import { type HybridClock, msOf } from '../protocol/clock.ts'
import {
  type ConversationId,
  conversationId,
  type DeviceId,
  deviceId,
  fromText,
  noRegistry,
  type RegistryId,
  registryId,
  type UserId,
  userId,
} from '../protocol/ids.ts'
import { ofAccount } from './chats/chat-rows.ts'
import { about, isLater, type KeptRegister, type Stamp } from './chats/registers.ts'
import { readRow } from './conversations/rows.ts'
import type { BlockedSince } from './conversations/shared.ts'

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

/** Why nothing can be written to them. */
export function blockedByOneself(name: string): ParleyError {
  return new ParleyError('blocked', `You have blocked ${name}. Unblock them to write to them.`)
}

/** Somebody who is blocked. */
export interface Blocked {
  readonly key: BlockKey
  /** As they were called. */
  readonly name: string
  /** Since when, in ms. */
  readonly at: number
}

/** When and where one blocks somebody. */
export interface BlockStamps {
  readonly clock: Pick<HybridClock, 'physical' | 'next'>
  /** The device of this home. */
  readonly device: DeviceId
}

interface Row extends Blocked, Stamp {
  /** They are blocked no longer. */
  readonly lifted: boolean
}

/**
 * Whom one talks to no more, in the rows `blocked/<key>`: all of them are in memory. Those of teams are shared with one's
 * other devices as registers of the account, so who no longer is blocked is kept too.
 */
export class Blocks {
  readonly #storage: Storage
  readonly #stamps: BlockStamps
  readonly #rows = new Map<BlockKey, Row>()
  readonly #listeners = new Set<(key: BlockKey) => void>()
  readonly #sharers = new Set<(register: KeptRegister) => void>()
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(storage: Storage, stamps: BlockStamps) {
    this.#storage = storage
    this.#stamps = stamps
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(storage: Storage, stamps: BlockStamps): Promise<Blocks> {
    const blocks = new Blocks(storage, stamps)
    const { rows } = await storage.list(prefix, { limit: 2 * limits.blocked + limits.unblocked })
    for (const [rowKey, value] of rows) {
      const { name, at, time, device, lifted } = readRow(BlockedRowSchema, rowKey, value)
      const key = rowKey.slice(prefix.length) as BlockKey
      blocks.#rows.set(key, { key, name, at: Number(at), time, device: deviceId(device), lifted })
    }
    return blocks
  }

  has(key: BlockKey): boolean {
    return this.#rows.get(key)?.lifted === false
  }

  /** Since when somebody with an account key is blocked; undefined: they are not. */
  person(registry: RegistryId, user: UserId): BlockedSince | undefined {
    const row = this.#rows.get(personBlock(registry, user))
    return row?.lifted === false ? { user, since: row.time } : undefined
  }

  /** The latest first. */
  all(): Blocked[] {
    return [...this.#rows.values()].filter(({ lifted }) => !lifted).sort((a, b) => b.at - a.at)
  }

  /** Called whenever somebody was blocked, or is no longer; returns what ends it. */
  watch(listener: (key: BlockKey) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Called with what was set here that one's other devices are to hear of. */
  share(sharer: (register: KeptRegister) => void): void {
    this.#sharers.add(sharer)
  }

  /** Everything that one's own devices share. */
  *registers(): Generator<KeptRegister> {
    for (const row of this.#rows.values()) yield* registerOf(row)
  }

  /** Resolves once it is committed; again it changes nothing. @throws ParleyError `busy` when too many are blocked */
  block(key: BlockKey, name: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.has(key)) return
      if (this.all().length >= limits.blocked) {
        throw new ParleyError(
          'busy',
          `${limits.blocked} people are blocked, which is the most. Unblock somebody first.`,
        )
      }
      await this.#setHere(key, name, false)
    })
  }

  /** Resolves once it is committed; of somebody who is not blocked it changes nothing. */
  unblock(key: BlockKey): Promise<void> {
    return this.#inTurn(async () => {
      const row = this.#rows.get(key)
      if (row && !row.lifted) await this.#setHere(key, row.name, true)
    })
  }

  /** Takes over what another device of one's own has set later; gives what was taken, once it is committed. */
  merge(registers: readonly KeptRegister[]): Promise<readonly KeptRegister[]> {
    return this.#inTurn(async () => {
      const taken: KeptRegister[] = []
      for (const register of registers) {
        const row = rowOf(register)
        const before = row && this.#rows.get(row.key)
        if (!row || !isLater(row, before) || (!before && !this.#hasRoom(row))) continue
        await this.#set({
          ...row,
          at: row.lifted && before ? before.at : row.at,
          name: row.name || (before?.name ?? ''),
        })
        taken.push(register)
      }
      return taken
    })
  }

  /** Two devices may each have blocked the most there are before they meet. */
  #hasRoom({ lifted }: Row): boolean {
    return lifted ? this.#lifted.length < limits.unblocked : this.all().length < 2 * limits.blocked
  }

  get #lifted(): Row[] {
    return [...this.#rows.values()].filter(({ lifted }) => lifted)
  }

  async #setHere(key: BlockKey, name: string, lifted: boolean): Promise<void> {
    const { clock, device } = this.#stamps
    const time = clock.next(this.#rows.get(key)?.time ?? 0n)
    const row = { key, name, at: clock.physical(), time, device, lifted }
    await this.#set(row)
    for (const register of registerOf(row)) for (const sharer of this.#sharers) sharer(register)
  }

  async #set(row: Row): Promise<void> {
    const { key, name, at, time, device, lifted } = row
    const before = this.has(key)
    const forgotten = lifted ? this.#forgettable(key) : undefined
    const stored = create(BlockedRowSchema, { name, at: BigInt(at), time, device: fromText(device), lifted })
    await this.#storage.write([
      { put: prefix + key, value: toBinary(BlockedRowSchema, stored) },
      ...(forgotten ? [{ remove: prefix + forgotten }] : []),
    ])
    if (forgotten) this.#rows.delete(forgotten)
    this.#rows.set(key, row)
    if (before !== this.has(key)) this.#tell(key)
  }

  /** Of those blocked no longer, the one that makes room for another. */
  #forgettable(key: BlockKey): BlockKey | undefined {
    const lifted = this.#lifted.filter(row => row.key !== key)
    if (lifted.length < limits.unblocked) return undefined
    return lifted.reduce((oldest, row) => (row.time < oldest.time ? row : oldest)).key
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(run)
    this.#writing = result.catch(() => undefined)
    return result
  }

  #tell(key: BlockKey): void {
    for (const listener of this.#listeners) listener(key)
  }
}

/** What other devices are told; of people of no team, and of classic clients, who know this device alone: nothing. */
function registerOf({ key, name, time, device, lifted }: Row): KeptRegister[] {
  const of = readBlockKey(key)
  if ('classic' in of || of.registry === noRegistry) return []
  const subject = Buffer.concat([fromText(of.registry), fromText(of.user)])
  const value = new TextEncoder().encode(lifted ? '' : name || '?')
  return [{ conversation: ofAccount, about: about.blocked, time, device, value, subject }]
}

/** What {@link registerOf} has made; undefined for what is none of it. */
function rowOf({ conversation, subject, value, time, device }: KeptRegister): Row | undefined {
  if (conversation !== ofAccount || subject?.length !== 48) return undefined
  const registry = registryId(subject.subarray(0, 32))
  const name = Buffer.from(value).toString()
  if (registry === noRegistry || Buffer.byteLength(name) > limits.blockedName) return undefined
  const key = personBlock(registry, userId(subject.subarray(32)))
  return { key, name, at: msOf(time), time, device, lifted: value.length === 0 }
}

const prefix = 'blocked/'
