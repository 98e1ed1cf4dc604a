import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { readHeader } from '../../protocol/entries.ts'
import { type ConversationId, deviceId, type UserId } from '../../protocol/ids.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'
import { topOf } from './device-log.ts'
import { storedMessage, type View } from './history.ts'
import { behind, keys, placeOf, queuedNumber, sealedPosition, seqOf, timeOfPosition } from './keys.ts'
import {
  type Counts,
  changedReach,
  type LogPart,
  type OwnPlace,
  type Reach,
  type Reached,
  reachedOf,
  readReach,
} from './reached.ts'
import type { Recent } from './recent.ts'
import { readMessageRow, readRow } from './rows.ts'
import type { State } from './state.ts'
import type { Account, ReachedBy, StoredMessage } from './types.ts'

export interface ProgressGround {
  readonly conversation: ConversationId
  readonly account: Account
  readonly storage: Storage
  /** As committed. */
  readonly state: State
  readonly isRoom: boolean
  /** Whether others are told what one has read, and one is shown what they have. */
  readonly areReceiptsOn: boolean
  readonly recent: Recent
}

/** How far one's own messages of a conversation have come, as it is shown. */
export class Progress {
  readonly #ground: ProgressGround
  /** Of states: worked out when it is asked for. */
  readonly #reached = new WeakMap<State, Reached>()
  readonly #reaches = new WeakMap<State, { readonly areReceiptsOn: boolean; readonly reach: Reach }>()

  constructor(ground: ProgressGround) {
    this.#ground = ground
  }

  get reached(): Reached {
    return this.#of(this.#ground.state)
  }

  /** As far as it is shown: what others have read only while one lets them know as well. */
  get reach(): Reach {
    const { state, areReceiptsOn } = this.#ground
    const known = this.#reaches.get(state)
    if (known?.areReceiptsOn === areReceiptsOn) return known.reach
    const all = readReach(state.row)
    const reach = areReceiptsOn ? all : new Map([...all].map(([log, come]) => [log, { ...come, read: 0 }]))
    this.#reaches.set(state, { areReceiptsOn, reach })
    return reach
  }

  get view(): View {
    const { conversation, account, isRoom } = this.#ground
    const counts = (at: OwnPlace): Counts => {
      const found = this.reached.counts(at)
      return this.#ground.areReceiptsOn ? found : { ...found, read: 0 }
    }
    const { user, device } = account
    return { conversation, user, device, reach: this.reach, ...(isRoom && { counts }) }
  }

  /** Says it when it is asked: reading takes time, and a page must not say less than was told meanwhile. */
  get liveView(): View {
    const progress = this
    return {
      ...this.view,
      get reach() {
        return progress.reach
      },
    }
  }

  /** The messages that have come further since, page by page. */
  async *since(before: State): AsyncGenerator<readonly StoredMessage[]> {
    const { storage, state, isRoom, recent } = this.#ground
    const parts = changedReach(readReach(before.row), readReach(state.row))
    if (isRoom) parts.push(...this.reached.moved(this.#of(before)))
    if (parts.length > 0) yield* messagesOf(storage, this.view, parts, recent)
  }

  /** How far a message of one's own has come at each of those whom it is for, by its position. */
  at(position: string): ReadonlyMap<UserId, ReachedBy> {
    const { reached } = this
    if (queuedNumber(position) !== undefined) return new Map([...reached.others].map(user => [user, 'waiting']))
    const { device, seq } = placeOf(position)
    const at = { device: deviceId(device), seq, time: timeOfPosition(position) }
    return new Map(
      reached.audience(at).map(user => {
        if (this.#ground.areReceiptsOn && seq <= reached.readBy(user, at.device)) return [user, 'read']
        return [user, seq <= reached.deliveredTo(user, at.device) ? 'delivered' : 'waiting']
      }),
    )
  }

  /** What the logs show that have grown since, page by page, whoever wrote it. */
  async *shownSince({ logs }: State): AsyncGenerator<readonly StoredMessage[]> {
    const { storage, state } = this.#ground
    for (const [device, log] of state.logs) {
      const part = { device, from: topOf(logs.get(device)), to: topOf(log) }
      if (part.to > part.from) yield* storedOf(storage, this.view, part)
    }
  }

  #of(state: State): Reached {
    const known = this.#reached.get(state)
    if (known) return known
    const reached = reachedOf(state, this.#ground.account)
    this.#reached.set(state, reached)
    return reached
  }
}

/**
 * The messages of one's own in these parts of logs, as they stand now, page by page. What was sealed a moment ago is not
 * read from storage.
 */
async function* messagesOf(
  storage: Storage,
  view: View,
  parts: readonly LogPart[],
  recent: Recent,
): AsyncGenerator<readonly StoredMessage[]> {
  for (const part of parts) {
    const last = part.device === view.device ? recentOf(view, part, recent) : undefined
    if (last !== undefined) yield last
    else for await (const messages of storedOf(storage, view, part)) yield messages.filter(({ mine }) => mine)
  }
}

/** All of a part, if it is at hand. */
function recentOf(view: View, { from, to }: LogPart, recent: Recent): readonly StoredMessage[] | undefined {
  const messages: StoredMessage[] = []
  for (let seq = from + 1; seq <= to; seq++) {
    const found = recent.get(seq)
    if (found === undefined) return undefined
    const { placed } = found
    if (placed !== undefined) messages.push(storedMessage(view, view.user, placed.content, placed.position))
  }
  return messages
}

async function* storedOf(
  storage: Storage,
  view: View,
  { device, from, to }: LogPart,
): AsyncGenerator<readonly StoredMessage[]> {
  const log = keys.logOf(view.conversation, device)
  let after = behind(log, from)
  let limit: number = limits.historyRows
  for (;;) {
    const page = await storage.list(log, { after, limit })
    const rows = page.rows.filter(([key]) => seqOf(key) <= to)
    const positions = rows.map(([key, value]) => {
      const { header, hash } = readHeader(readRow(EntrySchema, key, value))
      return sealedPosition(header.time, header.device, { seq: header.seq, hash })
    })
    if (positions.length > 0) yield await shownAt(storage, view, positions)
    const last = page.rows.at(-1)?.[0]
    if (!page.more || last === undefined || rows.length < page.rows.length) return
    after = last
    let bytes = 1
    for (const [, value] of page.rows) bytes += value.length
    // As many small entries as take the room of a few large ones.
    limit = Math.min(Math.max(Math.floor((limits.run * page.rows.length) / bytes), limits.historyRows), limits.logPage)
  }
}

async function shownAt(storage: Storage, view: View, positions: readonly string[]): Promise<StoredMessage[]> {
  const names = positions.map(position => keys.message(view.conversation, position))
  const rows = await storage.get(names)
  return positions.flatMap((position, index) => {
    const row = rows[index]
    if (row === undefined) return []
    const shown = readMessageRow(names[index] ?? '', row)
    return shown.event ? [] : [storedMessage(view, shown.user, shown, position)]
  })
}
