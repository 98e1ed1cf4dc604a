import type { KeyObject } from 'node:crypto'
import { limits } from '../limits.ts'
import type { Closed } from '../net/link.ts'
import {
  type BeatStatus,
  beatCounter,
  beatExporter,
  beatKey,
  beatSession,
  beatStatus,
  encodeBeat,
  isBeat,
  isGenuineBeat,
} from '../protocol/heartbeat.ts'
import type { DeviceId, UserId } from '../protocol/ids.ts'
import type { Presence } from './presence.ts'
import type { Session, Sessions } from './sessions.ts'

/** Sends an answer back to where a beat came from. */
type Answer = (bytes: Uint8Array) => void

/**
 * The heartbeats of signed-in devices: a second sign of life, which gets through where a link has silently died. A device
 * is here while its link is alive or its last beat is fresh. Beats prove themselves by a key that only the two ends of
 * the link know, and their counters only rise: whatever else comes gets silence and changes nothing. Where a beat comes
 * from does not matter, nor does it move any address.
 */
export class Heartbeats {
  readonly #byId = new Map<string, Heart>()
  readonly #byDevice = new Map<DeviceId, Heart>()
  readonly #sessions: Sessions
  readonly #presence: Presence
  readonly #now: () => number
  readonly #fresh: number

  constructor({
    sessions,
    presence,
    now,
    fresh = limits.beatsMissed * limits.beatInterval,
  }: {
    sessions: Sessions
    presence: Presence
    now: () => number
    /** ms for which a beat counts. */
    fresh?: number | undefined
  }) {
    this.#sessions = sessions
    this.#presence = presence
    this.#now = now
    this.#fresh = fresh
    sessions.onLeft(({ how, who }) => {
      if (how === 'left') this.#left(who)
    })
  }

  /** Hearts that beat, or still may. */
  get count(): number {
    return this.#byId.size
  }

  /** From now on beats of this session count; of another one of the same device none do any more. */
  begin(session: Session): void {
    const old = this.#byDevice.get(session.device)
    if (old) this.#remove(old)
    const { length, label } = beatExporter
    const key = beatKey(session.link.exportKeyingMaterial(length, label))
    const { status } = session
    const heart: Heart = { session, key, counter: 0, status, heard: undefined, at: 0, isAlone: false }
    this.#byId.set(textOf(session.id), heart)
    this.#byDevice.set(session.device, heart)
  }

  /**
   * The link of a session is gone. Whether its beats say that the device is here all the same: they do when the link died
   * of silence. Who hangs up is gone unless another beat comes.
   */
  goesOn(session: Session, { code }: Pick<Closed, 'code'>): boolean {
    const heart = this.#byDevice.get(session.device)
    if (heart?.session !== session) return false
    const left = heart.heard === undefined ? 0 : heart.heard + this.#fresh - performance.now()
    heart.isAlone = code === 'timeout' && left > 0 && !session.isPending
    this.#expire(heart, heart.isAlone ? left : this.#fresh)
    return heart.isAlone
  }

  /** Takes any datagram; `answer` is called at most once, before it returns. */
  take(bytes: Buffer, answer: Answer): void {
    if (!isBeat(bytes)) return
    const heart = this.#byId.get(beatSession(bytes))
    if (heart === undefined) return
    const counter = beatCounter(bytes)
    const status = beatStatus(bytes)
    if (counter <= heart.counter || status === undefined || !isGenuineBeat(bytes, heart.key, 'in')) return
    heart.counter = counter
    heart.heard = performance.now()
    heart.at = this.#now()
    if (heart.expiry || status !== heart.status) this.#news(heart, status)
    answer(encodeBeat({ session: heart.session.id, counter, status: undefined }, heart.key))
  }

  close(): void {
    for (const { expiry } of this.#byId.values()) clearTimeout(expiry)
    this.#byId.clear()
    this.#byDevice.clear()
  }

  /** What a beat says counts when it is another than the one before: in between the link may have said something else. */
  #news(heart: Heart, status: BeatStatus): void {
    const { session } = heart
    const isOther = status !== heart.status
    heart.status = status
    if (!heart.expiry) {
      if (isOther) this.#sessions.says(session, status)
      return
    }
    this.#expire(heart, this.#fresh)
    if (session.isPending) return
    heart.isAlone = true
    this.#presence.up(session.account.user, session.device, status)
  }

  #expire(heart: Heart, wait: number): void {
    clearTimeout(heart.expiry)
    heart.expiry = setTimeout(() => {
      this.#remove(heart)
      const { session, at } = heart
      if (heart.isAlone) this.#presence.dropped(session.account.user, session.device, at)
    }, wait).unref()
  }

  /** A device has signed out, or a user or device may not be here any more. */
  #left(who: UserId | DeviceId): void {
    const device = this.#byDevice.get(who as DeviceId)
    const hearts = device
      ? [device]
      : [...this.#byDevice.values()].filter(({ session }) => session.account.user === who)
    for (const heart of hearts) {
      this.#remove(heart)
      const { account, device } = heart.session
      if (heart.isAlone) this.#presence.left(account.user, device)
    }
  }

  #remove(heart: Heart): void {
    clearTimeout(heart.expiry)
    this.#byId.delete(textOf(heart.session.id))
    const { device } = heart.session
    if (this.#byDevice.get(device) === heart) this.#byDevice.delete(device)
  }
}

interface Heart {
  readonly session: Session
  readonly key: KeyObject
  /** Of the last beat. */
  counter: number
  /** What the last beat has said. */
  status: BeatStatus
  /** When it came: by the monotonic clock and by the wall's, in ms. */
  heard: number | undefined
  at: number
  /** The device is here by its beats alone. */
  isAlone: boolean
  /** Set once the link is gone. */
  expiry?: NodeJS.Timeout
}

function textOf(session: Uint8Array): string {
  return Buffer.from(session).toString('latin1')
}
