import { create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { sourceOf } from '../../net/source.ts'
import { type RequestRow, RequestRowSchema } from '../../protocol/account_rows_pb.ts'
import { readHostPort } from '../../protocol/addresses.ts'
import type { DirectInfo, RequestInfo } from '../../protocol/control.ts'
import type { ConversationId, UserId } from '../../protocol/ids.ts'
import type { Signed } from '../../protocol/parley_pb.ts'
import type { BlockKey, Blocks } from '../blocks.ts'
import { readRow } from '../conversations/rows.ts'
import type { HubNews } from '../news.ts'

/** Somebody who asks to chat. What they call themselves is vouched for by nobody, but is a valid name of its kind. */
export type Asking =
  | {
      readonly kind: 'direct'
      /** The first half of the account key's hash: the same key again is the same request. */
      readonly id: UserId
      readonly name: string
      readonly displayName: string
      /** HOST:PORT where they take links; port 0: nowhere. */
      readonly address: string
      readonly attestation: Signed
      readonly roster: Signed
    }
  | {
      readonly kind: 'classic'
      readonly id: ConversationId
      readonly name: string
      readonly displayName: string
      /** Their IP address. */
      readonly address: string
    }

/** A request of one kind, as it was kept. */
export type Asked<Kind extends Asking['kind'] = Asking['kind']> = Extract<Asking, { kind: Kind }> & {
  /** When they asked first, ms since 1970. */
  readonly at: number
}

/** What is done with the answers to requests of one kind. */
export interface Answerer<Kind extends Asking['kind']> {
  /** Opens the conversation with whoever has asked. The request is forgotten once this resolves. */
  accept(asked: Asked<Kind>): Promise<DirectInfo>
  /** Whom to block for it. */
  blockKey(asked: Asked<Kind>): BlockKey
  /** The digits to compare, where there are keys. */
  safetyNumber?(asked: Asked<Kind>): string
}

/**
 * Chat requests of people of no team and of classic clients, in the rows `request/<id>`: bounded in all and for each
 * source address, so that a flood neither fills the home nor hides those who came before it.
 */
export class Requests {
  readonly #options: RequestsOptions
  readonly #rows = new Map<string, Kept>()
  readonly #answerers: { [Kind in Asking['kind']]?: Answerer<Kind> } = {}
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(options: RequestsOptions) {
    this.#options = options
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(options: RequestsOptions): Promise<Requests> {
    const requests = new Requests(options)
    const { rows } = await options.storage.list(prefix, { limit: 2 * limits.requests })
    for (const [key, value] of rows) {
      const kept = keptOf(key.slice(prefix.length), readRow(RequestRowSchema, key, value))
      requests.#rows.set(kept.asked.id, kept)
    }
    return requests
  }

  /** Says what is done with answers to requests of that kind: to be called once, before any is answered. */
  serve<Kind extends Asking['kind']>(kind: Kind, answerer: Answerer<Kind>): void {
    Object.assign(this.#answerers, { [kind]: answerer })
  }

  /**
   * Somebody asks to chat. Resolves once that is kept, and to nothing more: whether it was kept, has been declined or
   * finds no room is not for who asks. Who is blocked is the caller's to refuse.
   */
  async add(asking: Asking): Promise<void> {
    const { now, changed } = this.#options
    const at = now()
    await this.#forgetOld(at)
    const known = this.#rows.get(asking.id)
    const isNew = !known || known.declined > 0
    if (known && isNew && at - known.declined < limits.declinedFor) return
    if (known && !isNew && (isSame(known.asked, asking) || at - known.written < limits.requestAgain)) return
    if (!known && !this.#hasRoom(asking)) return
    await this.#put({ asked: { ...asking, at: isNew ? at : known.asked.at }, declined: 0, written: at })
    changed()
  }

  /** Those that wait for an answer, the oldest first. */
  list(): RequestInfo[] {
    const oldest = this.#options.now() - limits.requestAge
    const waiting = [...this.#rows.values()].filter(({ asked, declined }) => declined === 0 && asked.at > oldest)
    return waiting.sort((a, b) => a.asked.at - b.asked.at).map(({ asked }) => this.#info(asked))
  }

  /** The request that waits by its id; undefined: none. */
  get(id: string): Asked | undefined {
    const kept = this.#rows.get(id)
    return kept?.declined === 0 ? kept.asked : undefined
  }

  /** @throws ParleyError `usage` for an id that does not wait, and what accepting throws */
  async answer(id: string, answer: 'accept' | 'decline' | 'block'): Promise<{ conversation?: DirectInfo }> {
    const asked = this.get(id)
    if (!asked)
      throw new ParleyError('usage', 'That request does not wait any more. `parley requests` lists those that do.')
    if (answer === 'accept') {
      const conversation = await this.#answererOf(asked).accept(asked)
      await this.forget(id)
      return { conversation }
    }
    if (answer === 'block') {
      await this.#options.blocks.block(this.#answererOf(asked).blockKey(asked), asked.name)
      await this.forget(id)
      return {}
    }
    const at = this.#options.now()
    await this.#put({ asked, declined: at, written: at })
    this.#options.changed()
    return {}
  }

  /** The request is done with, however. */
  async forget(id: string): Promise<void> {
    if (!this.#rows.delete(id)) return
    this.#options.changed()
    await this.#write([{ remove: prefix + id }])
  }

  #answererOf<Kind extends Asking['kind']>({ kind }: Asked<Kind>): Answerer<Kind> {
    const answerer: Answerer<Kind> | undefined = this.#answerers[kind]
    if (answerer) return answerer
    throw new ParleyError('unsupported', 'Requests of this kind cannot be answered here.')
  }

  #info(asked: Asked): RequestInfo {
    const { id, kind, name, displayName, address, at } = asked
    const safetyNumber = this.#answererOf(asked).safetyNumber?.(asked)
    return { id, kind, name, displayName, address, at, ...(safetyNumber !== undefined && { safetyNumber }) }
  }

  #hasRoom(asking: Asking): boolean {
    const waiting = [...this.#rows.values()]
    const source = sourceOfAsking(asking)
    // Those that were declined lately count too: else each no would make room for the next key.
    const near = waiting.filter(({ asked }) => sourceOfAsking(asked) === source)
    return waiting.length < limits.requests && near.length < limits.requestsPerAddress
  }

  async #forgetOld(now: number): Promise<void> {
    const old = [...this.#rows].filter(([, { asked, declined }]) => {
      return declined > 0 ? now - declined >= limits.declinedFor : now - asked.at >= limits.requestAge
    })
    if (old.length === 0) return
    for (const [id] of old) this.#rows.delete(id)
    this.#options.changed()
    await this.#write(old.map(([id]) => ({ remove: prefix + id })))
  }

  async #put(kept: Kept): Promise<void> {
    this.#rows.set(kept.asked.id, kept)
    await this.#write([{ put: prefix + kept.asked.id, value: toBinary(RequestRowSchema, rowOf(kept)) }])
  }

  /** Rows are whole, so they must land in order. */
  #write(changes: Parameters<Storage['write']>[0]): Promise<void> {
    const writing = this.#writing.then(async () => {
      await this.#options.storage.write(changes)
    })
    this.#writing = writing.catch(() => undefined)
    return writing
  }
}

export interface RequestsOptions {
  readonly storage: Storage
  /** ms since 1970. */
  readonly now: () => number
  readonly blocks: Blocks
  /** Those that wait are others now: `requests` of {@link HubNews}. */
  readonly changed: () => void
}

interface Kept {
  readonly asked: Asked
  /** When it was declined, ms since 1970; 0: it waits. */
  readonly declined: number
  /** When the row was written last. */
  readonly written: number
}

const prefix = 'request/'

function rowOf({ asked, declined }: Kept): RequestRow {
  const { name, displayName, address, at } = asked
  return create(RequestRowSchema, {
    name,
    displayName,
    address,
    at: BigInt(at),
    classic: asked.kind === 'classic',
    ...(asked.kind === 'direct' && { attestation: asked.attestation, roster: asked.roster }),
    declined: BigInt(declined),
  })
}

function keptOf(id: string, row: RequestRow): Kept {
  const { name, displayName, address, attestation, roster } = row
  const words = { name, displayName, address, at: Number(row.at) }
  const declined = Number(row.declined)
  const written = declined || words.at
  if (row.classic) return { asked: { kind: 'classic', id: id as ConversationId, ...words }, declined, written }
  if (attestation && roster) {
    return { asked: { kind: 'direct', id: id as UserId, ...words, attestation, roster }, declined, written }
  }
  throw new ParleyError('damaged-data', `The stored row ${prefix}${id} is damaged. Restore the home from a backup.`)
}

function isSame(a: Asking, b: Asking): boolean {
  return a.name === b.name && a.displayName === b.displayName && a.address === b.address
}

function sourceOfAsking({ kind, address }: Asking): string {
  return sourceOf(kind === 'classic' ? address : readHostPort(address, 0).host)
}
