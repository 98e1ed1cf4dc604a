import { create } from '@bufbuild/protobuf'
import { limits } from '../../../limits.ts'
import { type DeviceId, fromText, toText } from '../../../protocol/ids.ts'
import {
  AckSchema,
  EntriesSchema,
  type Event,
  type Have,
  type Head,
  HeadSchema,
  type Want,
  WantSchema,
} from '../../../protocol/parley_pb.ts'
import { isSame, isWhole } from '../branches.ts'
import type { Conversation } from '../conversation.ts'
import { emptyLog, topOf } from '../device-log.ts'
import type { Place } from '../keys.ts'
import type { State } from '../state.ts'
import type { Cursor } from './arrivals.ts'
import { Asking } from './asking.ts'
import type { ExchangeLink } from './exchange-link.ts'
import { deviceIn, headOf, headsOf, readHeads, startFor } from './heads.ts'
import { Telling } from './telling.ts'
import { Timers } from './timers.ts'

type Frame = Event['is']

/**
 * The logs of one conversation over one link: tells what is here, asks for what is not, and sends what the other lacks.
 * What is to be said is kept as state, not as a queue of frames: a peer that reads slowly gets fewer, larger ones.
 */
export class Exchange {
  readonly conversation: Conversation
  readonly #link: ExchangeLink
  readonly #telling = new Telling()
  readonly #owesWant = new Set<DeviceId>()
  readonly #owesAck = new Set<DeviceId>()
  /** It waits for a word on what it has told. */
  #owesAnswer = false
  /** It has yet to tell what it has. */
  #awaitsHave = false
  /** Whether this side has told what it has since both were compared. */
  #hasSaidHave = false
  /** Heads that it has and that are not here. */
  readonly #offered = new Map<DeviceId, readonly Place[]>()
  /** Up to where everything of it is here, once all that it offers is. */
  #offer: Cursor | undefined
  #behindSince: number | undefined
  #isAnnounced = false
  /** By log that it is sent: what it has, or was sent. */
  readonly #known = new Map<DeviceId, readonly Place[]>()
  /** Logs that it asks for while it has more of them than there is here. */
  readonly #later = new Map<DeviceId, readonly Place[]>()
  readonly #pages = new Map<DeviceId, Place[]>()
  readonly #asking = new Asking()
  readonly #timers = new Timers(() => this.#link.wake(this))

  /** `known`: what the other has of one's own log, from an exchange before that had nothing more to say. */
  constructor(conversation: Conversation, link: ExchangeLink, known?: readonly Place[]) {
    this.conversation = conversation
    this.#link = link
    if (known) this.#known.set(this.#own, known)
  }

  /**
   * What the other has of one's own log, once nothing is to be said, heard or waited for: then that is all there is to know.
   * Undefined while there is more.
   */
  get settled(): readonly Place[] | undefined {
    if (this.#awaitsHave || this.#owesAnswer || this.#isAnnounced || this.#telling.isOwed) return undefined
    const open = [this.#owesWant, this.#owesAck, this.#offered, this.#later, this.#pages, this.#asking, this.#timers]
    if (this.#offer || open.some(({ size }) => size > 0)) return undefined
    const { logs } = this.conversation.state
    for (const [device, known] of this.#known) if (!isWhole(logs.get(device) ?? emptyLog, known)) return undefined
    return this.#known.get(this.#own) ?? (logs.has(this.#own) ? undefined : [])
  }

  /**
   * Whether messages may take their next places: what the other has of one's own log is known and here as well. `behind`
   * while it has more of it, as after a home was put back; that ends when it is here, or after a while.
   */
  get knowledge(): 'unknown' | 'ready' | 'behind' {
    if (this.#awaitsHave) return 'unknown'
    const isMissing = this.#behindSince !== undefined && this.#offered.has(this.#own)
    if (!isMissing || performance.now() - (this.#behindSince ?? 0) > limits.behind) return 'ready'
    return 'behind'
  }

  /** Both sides had the same, `logs` of this side: one's own log goes on from there. */
  inStep(logs: State['logs']): void {
    this.#known.set(this.#own, logs.get(this.#own)?.heads ?? [])
    this.#link.wake(this)
  }

  /** The sides differ: both tell what they have since what the other has taken. */
  differ(since: Cursor): void {
    this.#known.delete(this.#own)
    this.#awaitsHave = true
    this.answer(since)
  }

  /** The other side asks what there is here, as the two differ. */
  answer(since: Cursor): void {
    this.#hasSaidHave = true
    this.#telling.tellSince(since)
    this.#link.wake(this)
  }

  /** The other side is told of the conversation only now: it says what it has of one's own log. */
  announced(): void {
    this.#hasSaidHave = false
    this.#isAnnounced = true
  }

  /** Tells of logs that have changed here. */
  offer(devices: Iterable<DeviceId>): void {
    this.#telling.tell(devices)
    this.#link.wake(this)
  }

  /** Entries of these logs are committed, or were here already. */
  acknowledge(devices: Iterable<DeviceId>): void {
    for (const device of devices) this.#owesAck.add(device)
    this.#link.wake(this)
  }

  /** Entries of these logs have come that are new here. */
  progressed(devices: Iterable<DeviceId>): void {
    this.#asking.progressed(devices)
  }

  /** Whether it has more of a log than there is here. */
  offers(device: DeviceId): boolean {
    return this.#offered.has(device)
  }

  /** Something of these logs is missing: asks for it again, at most now and then, and not for ever. */
  askAgain(devices: Iterable<DeviceId>): void {
    const wanted = this.#asking.again(devices)
    if (wanted.length === 0) return
    const { wait } = this.#asking
    const ask = () => {
      for (const device of wanted) this.#owesWant.add(device)
      this.#link.wake(this)
    }
    if (wait <= 0) ask()
    else if (this.#timers.size < limits.looksAtOnce) this.#timers.after(wait, ask)
  }

  /** The conversation was committed: some of what was offered may be here, or there is more to send. */
  async committed(devices: ReadonlySet<DeviceId>, before: State): Promise<void> {
    // Of a log that has only begun the other can have nothing.
    if (devices.has(this.#own) && topOf(before.logs.get(this.#own)) === 0) await this.#begin([])
    // Each may have heard from somebody else that both share the logs now: whoever lacks this one asks for it.
    const isUnknown = devices.has(this.#own) && !this.#known.has(this.#own) && this.knowledge === 'ready'
    if (isUnknown && this.#link.sharesLogs(this.conversation)) this.offer([this.#own])
    for (const device of devices) {
      const places = this.#later.get(device)
      if (places !== undefined) await this.#wanted(device, places)
    }
    await this.#settleOffers(devices)
    this.#link.wake(this)
  }

  close(): void {
    this.conversation.reception.release(this)
    this.#timers.close()
  }

  /** The next frame but entries: small ones that let the other side go on. */
  async next(): Promise<Frame | undefined> {
    const conversation = fromText(this.conversation.id)
    const have = this.#telling.isOwed && (await this.#nextHave(conversation))
    if (have) return { case: 'have', value: have }
    if (this.#owesWant.size > 0) return this.#nextWant(conversation)
    if (this.#owesAck.size === 0 && !this.#owesAnswer) return undefined
    this.#owesAnswer = false
    const heads = headsOf(this.conversation.state, this.#owesAck)
    this.#owesAck.clear()
    return { case: 'ack', value: create(AckSchema, { conversation, heads, credit: this.#link.takeCredit() }) }
  }

  async #nextWant(conversation: Uint8Array): Promise<Frame> {
    this.#owesAnswer = false
    const known: Head[] = []
    for (const device of this.#owesWant) {
      if (known.length > limits.heads / 2) break
      this.#owesWant.delete(device)
      const places = await this.conversation.logs.ladder(device)
      const heads = places.map(place => headOf(device, place))
      // Number 0: nothing of it is here.
      known.push(...(heads.length > 0 ? heads : [create(HeadSchema, { device: fromText(device) })]))
      known.push(...headsOf(this.conversation.state, [device]).filter(({ floor }) => floor))
    }
    this.#asking.asked()
    return { case: 'want', value: create(WantSchema, { conversation, known, credit: this.#link.takeCredit() }) }
  }

  /** Whether the other lacks entries that it is to be sent. */
  get hasEntries(): boolean {
    if (!this.#link.sharesLogs(this.conversation)) return false
    const { logs } = this.conversation.state
    for (const [device, known] of this.#known) if (!isWhole(logs.get(device) ?? emptyLog, known)) return true
    return false
  }

  /** The next entries that the other lacks, about `bytes`, and how many bytes those are. */
  async nextEntries(bytes: number): Promise<{ frame: Frame; size: number } | undefined> {
    for (const [device, known] of [...this.#known]) {
      const log = this.conversation.state.logs.get(device) ?? emptyLog
      if (isWhole(log, known)) {
        if (device !== this.#own) this.#known.delete(device)
        continue
      }
      const next = await this.conversation.logs.next(device, known, Math.min(limits.run, bytes))
      // Asked anew meanwhile: it goes on from what is there now.
      if (this.#known.get(device) !== known) continue
      if (next.entries.length === 0) {
        this.#known.delete(device)
        continue
      }
      this.#known.set(device, next.known)
      const size = next.entries.reduce((sum, each) => sum + each.size, 0)
      const entries = next.entries.map(({ entry }) => entry)
      const value = create(EntriesSchema, { conversation: fromText(this.conversation.id), entries })
      return { frame: { case: 'entries', value }, size }
    }
    return undefined
  }

  /** What the other has: what is here as well is acknowledged, what is not is asked for. */
  async have(have: Have): Promise<void> {
    for (const [device, places] of readHeads(this.conversation, have.heads)) {
      this.#pages.set(device, [...(this.#pages.get(device) ?? []), ...places].slice(0, limits.branches))
    }
    if (have.more) return
    const theirs = new Map(this.#pages)
    this.#pages.clear()
    const { account, logs } = this.conversation
    this.#isAnnounced = false
    for (const [device, places] of theirs) {
      const held = this.#isOurs(device)
        ? await this.conversation.acknowledge(this.#link.device, device, places)
        : (await logs.reach(device, places)).held
      const missing = places.filter(place => !held.some(each => isSame(each, place)))
      if (missing.length > 0) this.#want(device, missing)
      else {
        this.#offered.delete(device)
        this.#owesAck.add(device)
      }
      // One's own log goes on behind what is there; where it was told, the answer to that says so.
      if (device === account.device && missing.length === 0 && !this.#hasSaidHave) await this.#begin(held)
    }
    if (have.full && !theirs.has(this.#own) && !this.#hasSaidHave) await this.#begin([])
    if (have.epoch !== 0n) this.#offer = { epoch: have.epoch, arrival: Number(have.arrival) }
    this.#owesAnswer = true
    const wasAwaited = this.#awaitsHave
    this.#awaitsHave = false
    if (have.full && !this.#hasSaidHave) this.#tellWhatTheyLack(theirs)
    if (wasAwaited && !have.full) {
      this.#timers.after(limits.offerPause, () => {
        this.#hasSaidHave = false
        this.#link.compare(this.conversation)
      })
    }
    await this.#settleOffers(new Set())
    this.conversation.wake()
    this.#link.wake(this)
  }

  async want(want: Want): Promise<void> {
    this.#heard()
    const floored = new Set(want.known.filter(({ floor }) => floor).map(({ device }) => toText(device)))
    const whole = want.known.slice(0, limits.heads).filter(({ seq }) => seq === 0n)
    for (const log of new Set(whole.map(({ device }) => deviceIn(this.conversation, device)))) {
      if (log !== undefined) await this.#set(log, [])
    }
    for (const [device, places] of readHeads(this.conversation, want.known))
      await this.#wanted(device, places, floored.has(device))
    this.#link.wake(this)
  }

  async ack(heads: readonly Head[]): Promise<void> {
    this.#heard()
    const read = readHeads(this.conversation, heads)
    for (const [device, places] of read) {
      if (!this.#isOurs(device)) continue
      const held = await this.conversation.acknowledge(this.#link.device, device, places)
      if (device !== this.#own) continue
      const missing = places.filter(place => !held.some(each => isSame(each, place)))
      if (missing.length > 0) this.#want(device, missing)
      else await this.#begin(held)
    }
    if (this.#isAnnounced && !this.conversation.state.logs.has(this.#own)) await this.#begin([])
    this.#link.wake(this)
  }

  /** The other side has looked at what it was told, and has said what it lacks. */
  #heard(): void {
    if (!this.#awaitsHave) return
    this.#awaitsHave = false
    this.conversation.wake()
  }

  get #own(): DeviceId {
    return this.conversation.account.device
  }

  #isOurs(device: DeviceId): boolean {
    return this.conversation.members.mayLink(device)?.user === this.conversation.account.user
  }

  #nextHave(conversation: Uint8Array<ArrayBuffer>): Promise<Have | undefined> {
    const { state } = this.conversation
    return this.#telling.next(conversation, {
      ...{ state, arrivals: this.#link.arrivals },
      untouched: device => {
        // What has not changed since is there.
        const log = device === this.#own ? state.logs.get(device) : undefined
        if (log && !this.#known.has(device)) this.#known.set(device, log.heads)
      },
    })
  }

  #tellWhatTheyLack(theirs: ReadonlyMap<DeviceId, readonly Place[]>): void {
    const lacking: DeviceId[] = []
    for (const [device, log] of this.conversation.state.logs) {
      if (device !== this.#own && !isWhole(log, theirs.get(device) ?? [])) lacking.push(device)
    }
    if (lacking.length > 0) this.offer(lacking)
  }

  /** One's own log goes out from there, unless it does already. */
  async #begin(held: readonly Place[]): Promise<void> {
    this.#isAnnounced = false
    const known = await startFor(this.conversation, this.#link.user, { device: this.#own, known: held })
    if (!this.#known.has(this.#own)) this.#known.set(this.#own, known)
  }

  #want(device: DeviceId, missing: readonly Place[]): void {
    const before = this.#offered.get(device)
    this.#offered.set(device, missing)
    if (before?.length === missing.length && missing.every(place => before.some(each => isSame(each, place)))) return
    if (device === this.#own) {
      this.#behindSince = performance.now()
      this.#timers.after(limits.behind, () => this.conversation.wake())
    }
    const wait = this.conversation.reception.claim(device, this)
    if (wait === 0) this.#owesWant.add(device)
    else this.#timers.after(wait, () => this.#wantAfterAll(device))
  }

  /** Somebody else was asked for that log: if it has not brought it, this one is. */
  #wantAfterAll(device: DeviceId): void {
    const missing = this.#offered.get(device)
    if (missing === undefined) return
    this.#offered.delete(device)
    this.#want(device, missing)
    this.#link.wake(this)
  }

  /** Forgets what was offered and is here now; notes up to where all is. */
  async #settleOffers(devices: ReadonlySet<DeviceId>): Promise<void> {
    for (const device of devices) {
      const places = this.#offered.get(device)
      if (places === undefined) continue
      const { held } = await this.conversation.logs.reach(device, places)
      if (held.length < places.length) continue
      this.#offered.delete(device)
      // Whoever offered it did not bring it, so nothing has told them yet that it is here.
      this.#owesAck.add(device)
      if (device === this.#own) {
        await this.#begin(held)
        this.conversation.wake()
      }
      if (this.#isOurs(device)) await this.conversation.acknowledge(this.#link.device, device, held)
    }
    const offer = this.#offer
    if (offer === undefined || this.#offered.size > 0 || !this.conversation.isStored) return
    this.#offer = undefined
    const { epoch, arrival } = offer
    this.conversation.change(draft => draft.reachCursor(this.#link.device, { epoch, arrival })).catch(() => undefined)
  }

  async #wanted(device: DeviceId, places: readonly Place[], isFloored = false): Promise<void> {
    this.#later.delete(device)
    const held = this.#isOurs(device)
      ? await this.conversation.acknowledge(this.#link.device, device, places)
      : (await this.conversation.logs.reach(device, places)).held
    const isApart = places.some(({ seq }) => seq === 1) && this.conversation.state.logs.has(device)
    if (held.length > 0 || isApart || isFloored) await this.#set(device, held)
    if (held.length === 0 && !isApart) this.#later.set(device, places)
  }

  async #set(device: DeviceId, known: readonly Place[]): Promise<void> {
    const from = await startFor(this.conversation, this.#link.user, { device, known })
    const log = this.conversation.state.logs.get(device)
    if (log && (log.floors.length === 0 || from.length > 0)) this.#known.set(device, from)
  }
}
