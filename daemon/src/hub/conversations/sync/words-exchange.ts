import { create } from '@bufbuild/protobuf'
import { limits } from '../../../limits.ts'
import { type ConversationId, deviceId, fromText, type UserId } from '../../../protocol/ids.ts'
import {
  type AskWords,
  AskWordsSchema,
  type EntryRef,
  type Event,
  type Words as WordsFrame,
  WordsSchema,
} from '../../../protocol/parley_pb.ts'
import type { Conversation } from '../conversation.ts'

type Frame = Event['is']

/**
 * Asks over one link for what entries say that came without, one page after the other, each entry once as long as the link
 * lives; and answers the same, one answer at a time.
 */
export class WordsExchange {
  readonly #user: UserId
  readonly #wake: () => void
  readonly #due = new Set<Conversation>()
  readonly #asked = new Map<ConversationId, Set<string>>()
  #askedCount = 0
  #awaited: { readonly conversation: Conversation; readonly places: readonly string[] } | undefined
  #isLooking = false
  #question: Frame | undefined
  #answer: Frame | undefined

  constructor(user: UserId, wake: () => void) {
    this.#user = user
    this.#wake = wake
  }

  /** Something may be missing of a conversation that is shared with the other side. */
  async look(conversation: Conversation): Promise<void> {
    if (conversation.words.lacking === 0) return
    this.#due.add(conversation)
    await this.#ask()
  }

  /** The next frame. */
  next(): Frame | undefined {
    const frame = this.#answer ?? this.#question
    if (this.#answer) this.#answer = undefined
    else this.#question = undefined
    return frame
  }

  async asked(conversation: Conversation, { entries }: AskWords): Promise<void> {
    // The other side asks again once it has its answer.
    if (this.#answer) return
    const places = entries.slice(0, limits.wordsPage).flatMap(ref => placeIn(ref) ?? [])
    const answer = await conversation.words.answer(places, this.#user)
    const value = create(WordsSchema, { conversation: fromText(conversation.id), ...answer })
    this.#answer = { case: 'words', value }
    this.#wake()
  }

  async take(conversation: Conversation, { entries, looked }: WordsFrame): Promise<void> {
    const awaited = this.#awaited
    if (awaited?.conversation !== conversation) return
    this.#awaited = undefined
    const asked = this.#asked.get(conversation.id) ?? new Set()
    this.#asked.set(conversation.id, asked)
    // Whoever looks at none has none.
    for (const place of awaited.places.slice(0, looked || limits.wordsPage)) asked.add(place)
    this.#askedCount += Math.min(looked || limits.wordsPage, awaited.places.length)
    await conversation.words.take(entries)
    await this.#ask()
  }

  async #ask(): Promise<void> {
    if (this.#awaited || this.#isLooking || this.#askedCount >= limits.wordsAsked) return
    this.#isLooking = true
    try {
      for (const conversation of this.#due) {
        this.#due.delete(conversation)
        const places = await conversation.words.missing(this.#asked.get(conversation.id) ?? new Set())
        if (places.length === 0) continue
        this.#due.add(conversation)
        this.#awaited = { conversation, places }
        const value = create(AskWordsSchema, {
          conversation: fromText(conversation.id),
          entries: places.map(refTo),
        })
        this.#question = { case: 'askWords', value }
        this.#wake()
        return
      }
    } finally {
      this.#isLooking = false
    }
  }
}

function refTo(place: string) {
  const [device = '', seq = '', hash = ''] = place.split('/')
  return {
    device: fromText(deviceId(device)),
    seq: BigInt(`0x${seq}`),
    hash: new Uint8Array(Buffer.from(hash, 'hex')),
  }
}

function placeIn({ device, seq, hash }: EntryRef) {
  if (device.length !== 32 || hash.length !== 8 || seq < 1n || seq >= BigInt(limits.seq)) return undefined
  return { device: deviceId(device), seq: Number(seq), hash: Buffer.from(hash).toString('hex') }
}
