import type { KeyObject } from 'node:crypto'
import { setTimeout as startTimer } from 'node:timers'
import { setTimeout } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { limits } from '../../limits.ts'
import { type DeviceId, fromText, toText, type UserId } from '../../protocol/ids.ts'
import {
  type Ack,
  AckSchema,
  type Entries,
  EntriesSchema,
  type Event,
  type Have,
  HaveSchema,
  type Head,
  HeadSchema,
  type Refuse,
  RefuseSchema,
  type Want,
  WantSchema,
} from '../../protocol/parley_pb.ts'
import type { Conversation } from './conversation.ts'
import { type Refusal, sizeOf } from './intake.ts'
import type { Place } from './keys.ts'
import type { PeerLink } from './types.ts'

/**
 * One conversation over one link: tells what is here (Have), asks for what is not (Want), takes entries in and
 * acknowledges them once committed, and sends what the other lacks as far as its credit goes.
 *
 * What is to be said is kept as state, not as a queue of frames: a peer that reads slowly gets fewer, larger frames, and
 * taking frames in never waits for sending, so two busy sides cannot block each other.
 */
export class Session {
  readonly authors: ReadonlyMap<DeviceId, { readonly user: UserId; readonly key: KeyObject }>
  readonly #conversation: Conversation
  readonly #link: PeerLink
  readonly #log: Log
  // ---- what is to be said
  #hasSaidHave = false
  #owesHave = false
  #owesWant = false
  #owesAck = false
  #creditOwed = 0
  #refusals: Refuse[] = []
  #isTalking = false
  #talkTimer: NodeJS.Timeout | undefined
  #wakes = 0
  // ---- what the other has and wants
  #theirHeads: Map<DeviceId, Place> | undefined
  #pages = new Map<DeviceId, Place>()
  #sent: Map<DeviceId, number> | undefined
  #credit = 0
  /** What the other holds of one's own log and is still missing here. */
  #missing: Place | undefined
  // ---- asking again, and refusing
  #askedAt = Number.NEGATIVE_INFINITY
  #hasProgressed = false
  #askTimer: NodeJS.Timeout | undefined
  readonly #refused = new Set<string>()
  readonly #forked = new Set<DeviceId>()

  constructor(conversation: Conversation, link: PeerLink, keys: ReadonlyMap<DeviceId, KeyObject>, log: Log) {
    this.#conversation = conversation
    this.#link = link
    this.#log = log
    const authors = new Map<DeviceId, { user: UserId; key: KeyObject }>()
    for (const [device, key] of keys) authors.set(device, { user: link.user, key })
    const { device, user } = conversation.account
    this.authors = authors.set(device, { user, key: conversation.ownKey })
    this.wake()
  }

  /** The other one's device. */
  get device(): DeviceId {
    return this.#link.device
  }

  /**
   * What the other one has told of one's own log: `ready` when all that it holds is here as well, so that messages may
   * take their next places; `behind` while something is missing here, as in a home restored from a backup, or forked.
   */
  get knowledge(): 'unknown' | 'ready' | 'behind' {
    if (this.#theirHeads === undefined || this.#link.signal.aborted) return 'unknown'
    const own = this.#conversation.account.device
    const isHere = (this.#theirHeads.get(own)?.seq ?? 0) <= (this.#conversation.heads.get(own)?.seq ?? 0)
    return isHere && !this.#forked.has(own) ? 'ready' : 'behind'
  }

  /** Takes one event of the link in, one after the other. When storage fails it is tried again, which pauses the link. */
  async event(is: Event['is']): Promise<void> {
    if (!this.#isOurs(is)) return
    for (let tries = 1; !this.#link.signal.aborted; tries++) {
      try {
        await this.#take(is)
        return
      } catch (error) {
        this.#log.error(
          { error, conversation: this.#conversation.id, event: is.case },
          'A frame of a peer could not be handled.',
        )
        if (tries === limits.eventTries) return
        await setTimeout(limits.askAgain, undefined, { signal: this.#link.signal, ref: false }).catch(() => undefined)
      }
    }
  }

  /** A frame's entries are committed: its bytes may be sent again. */
  committed(bytes: number): void {
    this.#owesAck = true
    this.#creditOwed += bytes
    this.wake()
  }

  /** Asks for all that is missing: at once when the last asking brought something, else now and then. */
  askAgain(): void {
    const wait = this.#hasProgressed ? 0 : this.#askedAt + limits.askAgain - performance.now()
    if (wait <= 0) {
      this.#owesWant = true
      this.wake()
      return
    }
    this.#askTimer ??= startTimer(() => {
      this.#askTimer = undefined
      this.#owesWant = true
      this.wake()
    }, wait)
    this.#askTimer.unref()
  }

  close(): void {
    clearTimeout(this.#askTimer)
    clearTimeout(this.#talkTimer)
  }

  /** Says what there is to say, one frame at a time, as fast as the link takes them. */
  wake(): void {
    this.#wakes++
    if (this.#isTalking || this.#link.signal.aborted) return
    this.#isTalking = true
    this.#talk().then(
      () => undefined,
      error => {
        if (this.#link.signal.aborted) return
        this.#log.warn({ error, conversation: this.#conversation.id }, 'A conversation could not be sent to a peer.')
        // What cannot be read now may be read in a moment, and nobody else would ask for it.
        this.#talkTimer ??= startTimer(() => {
          this.#talkTimer = undefined
          this.wake()
        }, limits.askAgain).unref()
      },
    )
  }

  async #talk(): Promise<void> {
    try {
      while (!this.#link.signal.aborted) {
        const wakes = this.#wakes
        const is = await this.#next()
        if (is !== undefined) await this.#link.send(is)
        else if (wakes === this.#wakes) return
      }
    } finally {
      this.#isTalking = false
    }
  }

  /** The next frame. Control frames come first: they are small and let the other side go on. */
  async #next(): Promise<Event['is'] | undefined> {
    await this.#settleMissing()
    const conversation = fromText(this.#conversation.id)
    const refusal = this.#refusals.shift()
    if (refusal !== undefined) return { case: 'refuse', value: refusal }
    if (!this.#hasSaidHave && (this.#conversation.isStored || this.#owesHave)) {
      this.#hasSaidHave = true
      return { case: 'have', value: create(HaveSchema, { conversation, heads: this.#headsHere(), full: true }) }
    }
    if (this.#owesWant) {
      this.#owesWant = false
      this.#owesAck = false
      this.#creditOwed = 0
      this.#askedAt = performance.now()
      this.#hasProgressed = false
      return {
        case: 'want',
        value: create(WantSchema, { conversation, known: this.#headsHere(), credit: limits.credit }),
      }
    }
    if (this.#owesAck) {
      const credit = this.#creditOwed
      this.#owesAck = false
      this.#creditOwed = 0
      return { case: 'ack', value: create(AckSchema, { conversation, heads: this.#headsHere(), credit }) }
    }
    return this.#nextEntries(conversation)
  }

  /** Once a restored home has its own messages back, the other is known to hold them. */
  async #settleMissing(): Promise<void> {
    const { account, heads } = this.#conversation
    const missing = this.#missing
    if (missing === undefined || (heads.get(account.device)?.seq ?? 0) < missing.seq) return
    const isHere = await this.#compare(account.device, missing)
    if (this.#missing === missing) this.#missing = undefined
    if (!isHere) this.#fork(account.device, missing)
  }

  async #nextEntries(conversation: Uint8Array): Promise<Event['is'] | undefined> {
    for (const [device, head] of this.#conversation.heads) {
      const sent = this.#sent
      if (sent === undefined || this.#credit <= 0) return undefined
      const from = sent.get(device) ?? 0
      if (from >= head.seq || this.#forked.has(device)) continue
      const run = await this.#conversation.read(device, from, Math.min(limits.run, this.#credit))
      const last = run.at(-1)
      // Asked anew meanwhile, or brought by the other: start over from what it has now.
      if (sent !== this.#sent || (sent.get(device) ?? 0) !== from) return this.#next()
      if (last === undefined) continue
      sent.set(device, last.seq)
      for (const { size } of run) this.#credit -= size
      return { case: 'entries', value: create(EntriesSchema, { conversation, entries: run.map(({ entry }) => entry) }) }
    }
    return undefined
  }

  #headsHere(): Head[] {
    const heads: Head[] = []
    for (const [device, { seq, hash }] of this.#conversation.heads) {
      heads.push(create(HeadSchema, { device: fromText(device), seq: BigInt(seq), hash }))
    }
    return heads
  }

  #isOurs(is: Event['is']): boolean {
    if (is.case === undefined || !('conversation' in is.value)) return false
    if (Buffer.compare(is.value.conversation, fromText(this.#conversation.id)) === 0) return true
    this.#tellRefusal({ code: 'stranger', message: 'That conversation is none of these two users.' })
    this.wake()
    return false
  }

  async #take(is: Event['is']): Promise<void> {
    if (is.case === 'have') await this.#have(is.value)
    else if (is.case === 'want') await this.#want(is.value)
    else if (is.case === 'entries') await this.#entries(is.value)
    else if (is.case === 'ack') await this.#ack(is.value)
    else if (is.case === 'refuse') this.#refuse(is.value)
    else if (is.case === 'resume' && !this.#hasSaidHave) this.#owesHave = true
    this.wake()
  }

  /** What the other holds. It is answered with a Want, and lets one's own messages take their places. */
  async #have(have: Have): Promise<void> {
    for (const [device, place] of this.#readHeads(have.heads)) this.#pages.set(device, place)
    if (have.more) return
    const heads = this.#pages
    this.#pages = new Map()
    for (const [device, place] of heads) {
      const head = this.#conversation.heads.get(device)
      if (head !== undefined && place.seq <= head.seq) {
        if (!(await this.#compare(device, place))) this.#fork(device, place)
      } else if (device === this.#conversation.account.device) {
        this.#missing = place
      }
    }
    const isFirst = this.#theirHeads === undefined
    this.#owesHave = true
    if (have.full) this.#theirHeads = heads
    if (isFirst) this.#owesWant = true
    else this.askAgain()
    this.#conversation.wake()
  }

  async #want(want: Want): Promise<void> {
    const sent = new Map<DeviceId, number>()
    for (const [device, place] of this.#readHeads(want.known)) {
      const head = this.#conversation.heads.get(device)
      sent.set(device, place.seq)
      if (head === undefined || place.seq > head.seq) continue
      if (!(await this.#compare(device, place))) this.#fork(device, place)
    }
    this.#sent = sent
    this.#credit = Math.min(want.credit, limits.creditCeiling)
  }

  async #entries({ entries }: Entries): Promise<void> {
    let bytes = 0
    for (const entry of entries) bytes += sizeOf(entry)
    const { accepted, refused, hasGap } = await this.#conversation.check(entries, this, bytes)
    if (accepted.length > 0) this.#hasProgressed = true
    for (const { device, seq } of accepted) if ((this.#sent?.get(device) ?? 0) < seq) this.#sent?.set(device, seq)
    for (const { code, device } of refused) if (code === 'fork' && device !== undefined) this.#stopForked(device)
    const news = refused.filter(refusal => this.#tellRefusal(refusal))
    if (hasGap && (refused.length === 0 || news.length > 0)) this.askAgain()
    await this.#conversation.hasRoom()
  }

  async #ack(ack: Ack): Promise<void> {
    this.#credit = Math.min(this.#credit + ack.credit, limits.creditCeiling)
    const place = this.#readHeads(ack.heads).get(this.#conversation.account.device)
    if (place === undefined) return
    await this.#conversation.acknowledge(this.#link.device, place)
  }

  /** The other one has not taken an entry. */
  #refuse({ device, seq, code, message }: Refuse): void {
    if (!this.#mayTell(`theirs ${code} ${seq}`)) return
    const about = {
      conversation: this.#conversation.id,
      peer: this.#link.user,
      code: code.slice(0, 40),
      seq: Number(seq),
    }
    this.#log.warn(about, `A peer did not accept a message: ${message.slice(0, 300)}`)
    if (code !== 'fork' || device.length !== idSize) return
    const log = toText(device)
    for (const known of this.authors.keys()) if (known === log) this.#stopForked(known)
  }

  /** The heads that a peer names, of this conversation's devices only. */
  #readHeads(heads: readonly Head[]): Map<DeviceId, Place> {
    const read = new Map<DeviceId, Place>()
    for (const { device, seq, hash } of heads.slice(0, limits.heads)) {
      if (device.length !== idSize || hash.length !== idSize || seq < 1n || seq >= BigInt(limits.seq)) continue
      const id = toText(device)
      for (const known of this.authors.keys()) if (known === id) read.set(known, { seq: Number(seq), hash })
    }
    return read
  }

  /** Whether what the other holds is here too. All that it says it holds, it has committed. */
  #compare(device: DeviceId, place: Place): Promise<boolean> {
    return device === this.#conversation.account.device
      ? this.#conversation.acknowledge(this.#link.device, place)
      : this.#conversation.holds(device, place)
  }

  #fork(device: DeviceId, place: Place): void {
    const message = `Message ${place.seq} of a log is another one here: its device has written two with this number.`
    this.#tellRefusal({ code: 'fork', message, device, seq: place.seq, hash: place.hash })
    this.#stopForked(device)
  }

  /** Nothing of a forked log is sent on this link, and one's own is not continued. */
  #stopForked(device: DeviceId): void {
    this.#forked.add(device)
    if (device !== this.#conversation.account.device) return
    this.#conversation.report(
      'This device has written different messages under the same numbers, as happens when a copy of its home runs elsewhere or an old one was restored. New messages wait until that is settled.',
    )
  }

  /** Logs a refusal and tells the author, once each and only so many per link. Whether it was told. */
  #tellRefusal({ code, message, device, seq, hash }: Refusal): boolean {
    if (!this.#mayTell(`${code} ${device} ${seq} ${hash === undefined ? '' : toText(hash)}`)) return false
    const about = { conversation: this.#conversation.id, peer: this.#link.user, device, seq, code }
    this.#log.warn(about, `A message of a peer was refused. ${message}`)
    const fields = {
      conversation: fromText(this.#conversation.id),
      device: device === undefined ? none : fromText(device),
      seq: BigInt(seq ?? 0),
      hash: hash ?? none,
      code,
      message,
    }
    this.#refusals.push(create(RefuseSchema, fields))
    return true
  }

  #mayTell(refusal: string): boolean {
    if (this.#refused.has(refusal) || this.#refused.size >= limits.refusals) return false
    this.#refused.add(refusal)
    return true
  }
}

const idSize = 32
const none = new Uint8Array(0)
