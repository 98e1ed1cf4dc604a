import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { limits } from '../../limits.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import { type ConversationId, conversationId, type DeviceId, deviceId, fromText, toText } from '../../protocol/ids.ts'
import { type Event, type OwnState, OwnStateSchema, type Register, RegisterSchema } from '../../protocol/parley_pb.ts'
import { about, digestOf, type KeptRegister, subjectSize } from './registers.ts'

/** A link to another device of one's own. */
export interface OwnLink {
  readonly device: DeviceId
  /** Resolves when the link takes more; rejects when it is closed. */
  send(event: Event['is']): Promise<void>
  /** Aborted when the link is closed. */
  readonly signal: AbortSignal
}

export interface OwnStatesParts {
  /** What is shared, as it is here. */
  readonly registers: () => Iterable<KeptRegister>
  readonly register: (conversation: ConversationId, kind: number) => KeptRegister | undefined
  /** Takes over what is later than what is here; gives it once it is committed. */
  readonly merge: (registers: readonly KeptRegister[]) => Promise<readonly KeptRegister[]>
  /** Whether that conversation is one of the account whose devices these are. */
  readonly isShared: (conversation: ConversationId) => boolean
  readonly clock: HybridClock
  readonly log: Log
  /** ms between drafts; tests shorten it. */
  readonly draftPause?: number
}

/**
 * What one's own devices tell each other of conversations: registers, of which the latest counts. When a link comes up
 * both sides say the digest of all, and all of them where it differs; from then on what changes. What another device has
 * told goes on to the others, so that two that never meet agree as well. What is to be said is kept by name, not as
 * frames, so a slow device hears only the last state.
 */
export class OwnStates {
  readonly #parts: OwnStatesParts
  readonly #links = new Map<OwnLink, Outgoing>()
  readonly #drafts = new Set<ConversationId>()
  #draftsSaid = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(parts: OwnStatesParts) {
    this.#parts = parts
  }

  /** Keeps another device in step over this link until it is closed; gives what takes its events. */
  attach(link: OwnLink): { event(is: Event['is']): Promise<void> } {
    const outgoing = { owesDigest: true, waiting: new Map(), isTalking: false }
    this.#links.set(link, outgoing)
    link.signal.addEventListener('abort', () => this.#links.delete(link), { once: true })
    void this.#talk(link, outgoing)
    return { event: async is => (is.case === 'ownState' ? this.#take(link, outgoing, is.value) : undefined) }
  }

  /** Tells the other devices what was set here. */
  changed(registers: readonly KeptRegister[]): void {
    const [drafts, others] = [registers.filter(isDraft), registers.filter(each => !isDraft(each))]
    this.#offer(others)
    for (const { conversation } of drafts) this.#drafts.add(conversation)
    if (this.#drafts.size === 0 || this.#timer !== undefined) return
    const { draftPause = limits.ownDraftPause } = this.#parts
    const wait = Math.max(0, this.#draftsSaid + draftPause - performance.now())
    this.#timer = setTimeout(() => this.#sayDrafts(), wait).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#links.clear()
  }

  #sayDrafts(): void {
    this.#timer = undefined
    this.#draftsSaid = performance.now()
    const drafts = [...this.#drafts].flatMap(id => this.#parts.register(id, about.draft) ?? [])
    this.#drafts.clear()
    this.#offer(drafts)
  }

  /** `from`: who has told it, and so knows it. */
  #offer(registers: readonly KeptRegister[], from?: OwnLink): void {
    const shared = registers.filter(({ conversation }) => this.#parts.isShared(conversation))
    if (shared.length === 0) return
    for (const [link, outgoing] of this.#links) {
      if (link === from) continue
      for (const register of shared) outgoing.waiting.set(nameOf(register), register)
      void this.#talk(link, outgoing)
    }
  }

  async #take(link: OwnLink, outgoing: Outgoing, { registers, digest }: OwnState): Promise<void> {
    const read = registers.flatMap(register => this.#read(register) ?? [])
    const taken = await this.#parts.merge(read)
    this.#offer(taken, link)
    if (digest.length === 0 || link.signal.aborted) return
    const here = this.#shared()
    if (Buffer.compare(digest, digestOf(here)) === 0) return
    for (const register of here) outgoing.waiting.set(nameOf(register), register)
    void this.#talk(link, outgoing)
  }

  /** A register as it may be kept; undefined: it may not. */
  #read({ conversation, about: kind, time, device, value, subject }: Register): KeptRegister | undefined {
    const { clock, isShared, log } = this.#parts
    if (conversation.length !== 32 || device.length !== 32 || kind === 0 || value.length > limits.text) return undefined
    if (subject.length !== subjectSize(kind)) return undefined
    const id = conversationId(conversation)
    if (!isShared(id)) return undefined
    // It would count for ever, whatever is set after it.
    if (!clock.observe(time)) {
      log.warn({ device: deviceId(device) }, 'Another device of yours has set something in the future; it is left out.')
      return undefined
    }
    return {
      conversation: id,
      about: kind,
      time,
      device: deviceId(device),
      value,
      ...(subject.length > 0 && { subject }),
    }
  }

  #shared(): KeptRegister[] {
    return [...this.#parts.registers()].filter(({ conversation }) => this.#parts.isShared(conversation))
  }

  async #talk(link: OwnLink, outgoing: Outgoing): Promise<void> {
    if (outgoing.isTalking) return
    outgoing.isTalking = true
    try {
      while (!link.signal.aborted && (outgoing.owesDigest || outgoing.waiting.size > 0)) {
        await link.send({ case: 'ownState', value: this.#next(outgoing) })
      }
    } catch (error) {
      // Of a link that is closed nothing is expected; the next one begins with the digest.
      if (!link.signal.aborted)
        this.#parts.log.warn({ error }, 'Another device of yours could not be told of a change.')
    } finally {
      outgoing.isTalking = false
    }
  }

  #next(outgoing: Outgoing): OwnState {
    if (outgoing.owesDigest) {
      outgoing.owesDigest = false
      return create(OwnStateSchema, { digest: digestOf(this.#shared()) })
    }
    const registers: Register[] = []
    let bytes = 0
    for (const [name, { conversation, about: kind, time, device, value, subject }] of outgoing.waiting) {
      bytes += value.length + 100
      if (registers.length > 0 && (bytes > limits.ownStateBytes || registers.length >= limits.ownStatePage)) break
      outgoing.waiting.delete(name)
      const fields = { conversation: fromText(conversation), about: kind, time, device: fromText(device), value }
      const of = subject && { subject: new Uint8Array(subject) }
      registers.push(create(RegisterSchema, { ...fields, ...of }))
    }
    return create(OwnStateSchema, { registers })
  }
}

interface Outgoing {
  owesDigest: boolean
  /** By conversation and about: what the other has to be told, the latest of each. */
  readonly waiting: Map<string, KeptRegister>
  isTalking: boolean
}

function isDraft(register: KeptRegister): boolean {
  return register.about === about.draft
}

function nameOf({ conversation, about: kind, subject }: KeptRegister): string {
  return `${conversation} ${kind} ${subject ? toText(subject) : ''}`
}
