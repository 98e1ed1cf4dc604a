import { limits } from '../../limits.ts'
import type { MessageState } from '../../protocol/control.ts'
import { type ConversationRow, type OwnReach, OwnReachSchema } from '../../protocol/hub_rows_pb.ts'
import { type DeviceId, deviceId, fromText, type UserId } from '../../protocol/ids.ts'
import { topOf } from './device-log.ts'
import type { Marks } from './marks.ts'
import type { State } from './state.ts'
import type { Account } from './types.ts'

/** How far the log of one device of one's own has come: sequences, none of which ever goes back. */
export interface LogReach {
  /** Committed by the mailbox, another device of one's own, or somebody else's. */
  readonly sent: number
  /** Committed by a device of everybody whom it is for. */
  readonly delivered: number
  /** Read by all of them, as far as they tell. */
  readonly read: number
}

/** By device of one's own. */
export type Reach = ReadonlyMap<DeviceId, LogReach>

/** By device: how far it has committed each log of one's own devices. */
export type Committed = ReadonlyMap<DeviceId, ReadonlyMap<DeviceId, number>>

export interface ReachGround {
  /** This device. */
  readonly device: DeviceId
  readonly user: UserId
  /** Of each device of one's own: the last of its log here, and when that was written (hybrid time). */
  readonly logs: ReadonlyMap<DeviceId, { readonly seq: number; readonly time: bigint }>
  readonly acked: Committed
  /** What the mailbox has, by the device that it is for. */
  readonly posted: Committed
  readonly marks: Marks
  /** The others who take part, and since when (hybrid time). */
  readonly others: ReadonlyMap<UserId, bigint>
  userOf(device: DeviceId): UserId | undefined
}

/** How far one's own messages have come by a conversation's state. */
export function reachedOf(
  { logs, members, acked, posted, marks }: Pick<State, 'logs' | 'members' | 'acked' | 'posted' | 'marks'>,
  { user, device }: Pick<Account, 'user' | 'device'>,
): Reached {
  const userOf = (of: DeviceId) => (of === device ? user : members.mayLink(of)?.user)
  const own = new Map<DeviceId, { seq: number; time: bigint }>()
  for (const [of, log] of logs) {
    if (userOf(of) !== user) continue
    let time = 0n
    for (const head of log.heads) if (head.time > time) time = head.time
    own.set(of, { seq: topOf(log), time })
  }
  const others = new Map<UserId, bigint>()
  for (const other of members.users) if (other !== user) others.set(other, members.joined(other) ?? 0n)
  return new Reached({ device, user, logs: own, acked, posted, marks, others, userOf })
}

export function readReach({ reached }: Pick<ConversationRow, 'reached'>): Reach {
  const logs = reached.map(({ device, sent, delivered, read }) => {
    return [deviceId(device), { sent: Number(sent), delivered: Number(delivered), read: Number(read) }] as const
  })
  return new Map(logs)
}

export function reachRows(reach: Reach): OwnReach[] {
  return [...reach].map(([device, { sent, delivered, read }]) => {
    const fields = { sent: BigInt(sent), delivered: BigInt(delivered), read: BigInt(read) }
    return { $typeName: OwnReachSchema.typeName, device: fromText(device), ...fields }
  })
}

/**
 * How far one's own messages have come at the others: worked out anew from what is committed, in the number of members and
 * devices, whatever the number of messages.
 */
export class Reached {
  readonly #ground: ReachGround
  /** Of each other user: how far a device of theirs has committed each log. */
  readonly #delivered = new Map<UserId, Map<DeviceId, number>>()
  /** Whatever anybody but this device has committed. */
  readonly #sent = new Map<DeviceId, number>()

  constructor(ground: ReachGround) {
    this.#ground = ground
    for (const [device, logs] of ground.acked) {
      const user = ground.userOf(device)
      raise(this.#sent, logs)
      if (user === undefined || user === ground.user) continue
      const known = this.#delivered.get(user) ?? new Map<DeviceId, number>()
      this.#delivered.set(user, known)
      raise(known, logs)
    }
    for (const logs of ground.posted.values()) raise(this.#sent, logs)
  }

  /** How far each log has come, nowhere less far than `before`. */
  reach(before: Reach): Reach {
    const { logs, device, others } = this.#ground
    const next = new Map(before)
    for (const [log, { seq, time }] of logs) {
      const was = before.get(log) ?? nowhere
      // Of the others' there is one's own copy here.
      let sent = log === device ? (this.#sent.get(log) ?? 0) : seq
      let delivered = others.size === 0 ? 0 : seq
      let read = delivered
      for (const [user, joined] of others) {
        const has = Math.min(seq, this.deliveredTo(user, log))
        sent = Math.max(sent, has)
        // Nothing that is here was written after they joined.
        if (joined > time) continue
        delivered = Math.min(delivered, has)
        read = Math.min(read, this.readBy(user, log))
      }
      const reach = {
        sent: Math.max(was.sent, Math.min(sent, seq), delivered),
        delivered: Math.max(was.delivered, delivered),
        read: Math.max(was.read, read),
      }
      if (reach.sent > was.sent || reach.delivered > was.delivered || reach.read > was.read) next.set(log, reach)
    }
    return next
  }

  /** The others who take part now. */
  get others(): Iterable<UserId> {
    return this.#ground.others.keys()
  }

  /** How far a device of somebody else has committed a log of one's own; what was read of it is there as well. */
  deliveredTo(user: UserId, log: DeviceId): number {
    return Math.max(this.#delivered.get(user)?.get(log) ?? 0, this.#ground.marks.get(user)?.here.get(log) ?? 0)
  }

  /**
   * How far somebody has read a log of one's own. A mark alone says nothing of what has its numbers here: it may be about
   * what another copy of a home wrote, or about what a home that was put back has forgotten.
   */
  readBy(user: UserId, log: DeviceId): number {
    return Math.min(this.#ground.marks.get(user)?.read.get(log) ?? 0, this.deliveredTo(user, log))
  }

  /** How many of those who had joined when it was written have a message of one's own, and how many have read it. */
  counts(at: OwnPlace): Counts {
    let [delivered, read, of] = [0, 0, 0]
    for (const user of this.audience(at)) {
      of++
      if (at.seq <= this.deliveredTo(user, at.device)) delivered++
      if (at.seq <= this.readBy(user, at.device)) read++
    }
    return { delivered, read, of }
  }

  /** The parts of logs whose messages are counted otherwise than `before`: of long ones the end. */
  moved(before: Reached): LogPart[] {
    const parts: LogPart[] = []
    const { logs, others } = this.#ground
    for (const [device, { seq }] of logs) {
      let [from, to] = [seq, 0]
      for (const user of new Set([...others.keys(), ...before.#ground.others.keys()])) {
        for (const [was, now] of [
          [before.deliveredTo(user, device), this.deliveredTo(user, device)],
          [before.readBy(user, device), this.readBy(user, device)],
        ] as const) {
          if (now <= was) continue
          from = Math.min(from, was)
          to = Math.max(to, Math.min(now, seq))
        }
      }
      if (to > from) parts.push({ device, from: Math.max(from, to - limits.countsTold), to })
    }
    return parts
  }

  /** Those who had joined when a message was written. */
  audience({ time }: OwnPlace): UserId[] {
    return [...this.#ground.others].filter(([, joined]) => joined <= time).map(([user]) => user)
  }
}

/** How many of those whom a message was for have it, and have read it. */
export interface Counts {
  readonly delivered: number
  readonly read: number
  readonly of: number
}

/** Where a message of one's own stands: device, sequence and hybrid time. */
export interface OwnPlace {
  readonly device: DeviceId
  readonly seq: number
  readonly time: bigint
}

/** The state of a message of one's own by its place; without one it is in the outbox. */
export function stateAt(reach: Reach, at: Pick<OwnPlace, 'device' | 'seq'> | undefined): MessageState {
  const { sent, delivered, read } = (at && reach.get(at.device)) ?? nowhere
  if (at === undefined || at.seq > sent) return 'queued'
  if (at.seq > delivered) return 'sent'
  return at.seq > read ? 'delivered' : 'read'
}

/** The entries of a log behind `from`, up to `to`. */
export interface LogPart {
  readonly device: DeviceId
  readonly from: number
  readonly to: number
}

/** The parts of logs whose messages have another state now. */
export function changedReach(before: Reach, after: Reach): LogPart[] {
  const changed: LogPart[] = []
  for (const [device, now] of after) {
    const was = before.get(device) ?? nowhere
    const moved = (['sent', 'delivered', 'read'] as const).filter(name => now[name] > was[name])
    if (moved.length === 0) continue
    const from = Math.min(...moved.map(name => was[name]))
    changed.push({ device, from, to: Math.max(...moved.map(name => now[name])) })
  }
  return changed
}

const nowhere: LogReach = { sent: 0, delivered: 0, read: 0 }

function raise(known: Map<DeviceId, number>, logs: ReadonlyMap<DeviceId, number>): void {
  for (const [log, seq] of logs) if (seq > (known.get(log) ?? 0)) known.set(log, seq)
}
