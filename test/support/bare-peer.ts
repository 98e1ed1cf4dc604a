import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import type { AttachedLink, PeerLink } from '../../daemon/src/hub/conversations/conversations.ts'
import { encodeText, textKind } from '../../daemon/src/protocol/bodies.ts'
import { timeOf } from '../../daemon/src/protocol/clock.ts'
import { sealEntry } from '../../daemon/src/protocol/entries.ts'
import { type ConversationId, fromText, messageId } from '../../daemon/src/protocol/ids.ts'
import {
  EntriesSchema,
  type Entry,
  HaveSchema,
  type Head,
  HeadSchema,
  ResumeSchema,
  WantSchema,
} from '../../daemon/src/protocol/parley_pb.ts'
import { conversationOf, type Frame, type Home, type Person, registry } from './conversations.ts'
import type { Pair } from './links.ts'

/** A peer without a hub of its own: it says whatever a test has it say, and keeps what it hears. */
export class BarePeer implements Disposable {
  readonly person: Person
  /** What it speaks of: at first the direct conversation of both. */
  conversation: ConversationId
  readonly heard: Frame[] = []
  readonly #stop = new AbortController()
  readonly #attached: AttachedLink
  readonly #over: Pair | undefined
  readonly #to: Person
  #hasBegun = false
  #listeners: (() => void)[] = []
  /** Set it to let the other side's frames wait. */
  hold: Promise<void> | undefined

  /** `over`: a link of which it has the far end, and the home the near one; without it what is said is there at once. */
  constructor(
    person: Person,
    to: Home,
    keys: PeerLink['keys'] = new Map([[person.account.device, person.account.spki]]),
    over?: Pair,
  ) {
    this.person = person
    this.#to = to.person
    this.#over = over
    this.conversation = conversationOf(person, to.person)
    const { user, name, displayName, account } = person
    const hear = async (is: Frame) => {
      this.heard.push(is)
      for (const tell of this.#listeners.splice(0)) tell()
      await this.hold
    }
    this.#attached = to.conversations.attach({
      registry,
      user,
      name,
      displayName,
      device: account.device,
      keys,
      signal: over?.near.signal ?? this.#stop.signal,
      send: over ? is => over.near.send(is) : hear,
    })
    over?.near.handle({ event: is => this.#attached.event(is) })
    over?.far.handle({ event: hear })
  }

  /** Over a link of its own: resolves once the link has taken it, else once it was handled. */
  say(is: Frame): Promise<void> {
    return this.#over ? this.#over.far.send(is) : this.#attached.event(is)
  }

  /** Says first that it has something else than the other side, and lets so many bytes of entries come. */
  async begin(credit = 0): Promise<void> {
    if (this.#hasBegun) return
    this.#hasBegun = true
    const digest = new Uint8Array(8).fill(1)
    await this.say({ case: 'resume', value: create(ResumeSchema, { digest, credit }) })
    await this.say({ case: 'resume', value: create(ResumeSchema, {}) })
  }

  /** Tells what it has, which is all there is. */
  async have(...heads: { seq: number; hash: Uint8Array; device?: Person }[]): Promise<void> {
    await this.begin()
    const value = create(HaveSchema, {
      conversation: fromText(this.conversation),
      heads: this.#heads(heads),
      full: true,
    })
    await this.say({ case: 'have', value })
  }

  /** Asks for what comes behind these heads; without any for the whole log of `to`. */
  async want(
    credit: number,
    heads: readonly { seq: number; hash: Uint8Array; device?: Person }[] = [],
    of: Person = this.#to,
  ): Promise<void> {
    await this.begin()
    const all = [create(HeadSchema, { device: fromText(of.account.device) })]
    const known = heads.length > 0 ? this.#heads(heads) : all
    const value = create(WantSchema, { conversation: fromText(this.conversation), known, credit })
    await this.say({ case: 'want', value })
  }

  entries(...entries: Entry[]): Promise<void> {
    return this.say({
      case: 'entries',
      value: create(EntriesSchema, { conversation: fromText(this.conversation), entries }),
    })
  }

  /** The first frame of a kind that is heard from now on, or was heard before and not taken yet. */
  async hear<Case extends Frame['case']>(kind: Case, deadline = 10_000): Promise<Extract<Frame, { case: Case }>> {
    const end = performance.now() + deadline
    for (;;) {
      const index = this.heard.findIndex(({ case: heard }) => heard === kind)
      const [found] = index < 0 ? [] : this.heard.splice(index, 1)
      if (found !== undefined && isKind(found, kind)) return found
      const left = end - performance.now()
      if (left <= 0) throw new Error(`no ${kind} was heard within ${deadline} ms`)
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(resolve => {
        timer = setTimeout(resolve, left)
        this.#listeners.push(resolve)
      })
      clearTimeout(timer)
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
    this.#over?.far.close()
  }

  #heads(heads: readonly { seq: number; hash: Uint8Array; device?: Person }[]): Head[] {
    return heads.map(({ seq, hash, device = this.person }) =>
      create(HeadSchema, { device: fromText(device.account.device), seq: BigInt(seq), hash }),
    )
  }
}

export interface Sealed {
  readonly entry: Entry
  readonly hash: Uint8Array
  readonly seq: number
}

/** An entry of `author`'s log behind `before`. */
export function seal(
  author: Person,
  conversation: ConversationId,
  text: string,
  before?: Sealed,
  more: {
    body?: Uint8Array
    time?: bigint
    kind?: number
    seq?: number
    prev?: Uint8Array[]
    rights?: Uint8Array[]
  } = {},
): Sealed {
  const { device, privateKey } = author.account
  const seq = more.seq ?? (before?.seq ?? 0) + 1
  const prev = more.prev ?? (before === undefined ? [] : [before.hash])
  const time = more.time ?? timeOf(Date.now(), seq)
  const body = more.body ?? encodeText(messageId(randomBytes(16)), Date.now(), text)
  const kind = more.kind ?? textKind
  const { rights = [] } = more
  return { ...sealEntry({ conversation, device, seq, prev, time, kind, body, privateKey, rights }), seq }
}

function isKind<Case extends Frame['case']>(frame: Frame, kind: Case): frame is Extract<Frame, { case: Case }> {
  return frame.case === kind
}
