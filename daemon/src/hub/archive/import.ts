import { isAbsolute } from 'node:path'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { ControlRequests } from '../../protocol/control.ts'
import { type ConversationId, conversationId, directConversationId, registryId, userId } from '../../protocol/ids.ts'
import type { Circle } from '../circle.ts'
import type { Circles } from '../circles.ts'
import type { Restored } from '../conversations/types.ts'
import type { Passage } from './asker.ts'
import { type ExportConversation, exportVersion } from './export-lines.ts'
import { readConversation, readJson, readMessage } from './import-lines.ts'
import { lineError, readLines, sizeOf } from './read-lines.ts'

export interface ImportParts {
  readonly circles: Pick<Circles, 'info'>
  /** The circles whose people have keys. */
  readonly keyed: () => readonly Circle[]
  /** Synchronised time, ms since 1970. */
  readonly now: () => number
}

/**
 * Shows what `exportHistory` has written as JSON Lines: history of this home alone, sent to nobody. The file is read twice:
 * first all of it is checked, so a damaged one changes nothing; then it is taken over batch by batch. Again, it changes
 * nothing: a message is known by its author and id. Ended in between it leaves what was taken in, and the rest for the next. What was dropped here stays so. What cannot be here (of rooms that are
 * not, of classic clients) is left out. Each is counted; what happened in a room is no message.
 * @throws ParleyError `usage`, `damaged-data` with the number of the line, `newer-data`
 */
export async function importHistory(
  parts: ImportParts,
  { file }: ControlRequests['importHistory'][0],
  { signal, told }: Passage,
): Promise<ControlRequests['importHistory'][1]> {
  if (!isAbsolute(file))
    throw new ParleyError('usage', `${file} is no whole path. Say where the file is, from the top.`)
  const size = await sizeOf(file)
  let checked = 0
  for await (const { messages, bytes } of read(file, parts)) {
    signal.throwIfAborted()
    checked += messages.length
    told({ file, doing: 'checking', messages: checked, bytes: Math.min(bytes, size), size })
  }
  const count = { messages: 0, known: 0, dropped: 0, left: 0 }
  let taken = 0
  for await (const { place, messages, bytes } of read(file, parts)) {
    signal.throwIfAborted()
    const restored = await place?.circle.restore?.(place.conversation, place.peer, messages)
    if (restored === undefined) count.left += messages.length
    else for (const is of ['messages', 'known', 'dropped'] as const) count[is] += restored[is]
    taken += messages.length
    told({ file, doing: 'importing', messages: taken, bytes: Math.min(bytes, size), size })
  }
  return count
}

/** Some messages of one conversation; without a place they cannot be here. */
interface Batch {
  readonly place: Place | undefined
  readonly messages: readonly Restored[]
  /** Of the file, up to the end of these. */
  readonly bytes: number
}

interface Place {
  readonly circle: Circle
  readonly conversation: ConversationId
  /** With whom, of a chat. */
  readonly peer: Parameters<NonNullable<Circle['restore']>>[1]
}

async function* read(file: string, parts: ImportParts): AsyncGenerator<Batch> {
  let place: Place | undefined
  let messages: Restored[] = []
  const reader = new Reader(parts)
  let last = 0
  let bytes = 0
  for await (const { number, text } of readLines(file)) {
    last = number
    bytes += Buffer.byteLength(text) + 1
    let line: Line
    try {
      line = reader.take(text)
    } catch (error) {
      if (error instanceof Refusal) throw error.cause
      throw lineError(number, error instanceof Error ? error.message.replace(/\.$/, '') : String(error))
    }
    if (line.is === 'message') messages.push(line.message)
    if ((line.is === 'message' && messages.length < limits.importBatch) || line.is === 'nothing') continue
    if (messages.length > 0) yield { place, messages, bytes }
    messages = []
    if (line.is === 'conversation') place = line.place
  }
  if (!reader.isEnded) throw lineError(last + 1, 'it is missing, for the file has no end')
  if (messages.length > 0) yield { place, messages, bytes }
}

type Line =
  | { readonly is: 'conversation'; readonly place: Place | undefined }
  | { readonly is: 'message'; readonly message: Restored }
  | { readonly is: 'nothing' }

/** The file is whole as far as is known, and not to be taken over here. */
class Refusal extends Error {
  override readonly cause: ParleyError

  constructor(cause: ParleyError) {
    super(cause.message)
    this.cause = cause
  }
}

/** Reads line after line, each in the light of those before. */
class Reader {
  readonly #parts: ImportParts
  #isBegun = false
  #hasConversation = false
  #isEnded = false
  #count = 0

  constructor(parts: ImportParts) {
    this.#parts = parts
  }

  take(text: string): Line {
    if (this.#isEnded) throw new Error('it stands behind the end')
    const line = readJson(text)
    if (!this.#isBegun) return this.#begin(line)
    if ('end' in line) {
      const { messages } = line.end as { messages?: unknown }
      if (messages !== this.#count) throw new Error(`it says ${messages} messages, and there are ${this.#count}`)
      this.#isEnded = true
      return { is: 'nothing' }
    }
    if ('conversation' in line) {
      this.#hasConversation = true
      return { is: 'conversation', place: placeOf(readConversation(line), this.#parts) }
    }
    if (!this.#hasConversation) throw new Error('it is of no conversation')
    const message = readMessage(line, this.#parts.now())
    if (message === undefined) return { is: 'nothing' }
    this.#count++
    return { is: 'message', message }
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  #begin({ parley, version }: Readonly<Record<string, unknown>>): Line {
    if (parley !== 'export' || typeof version !== 'number') {
      const words = 'That is no export of Parley. Give a file that `parley export` has written as JSON Lines.'
      throw new Refusal(new ParleyError('usage', words))
    }
    if (version > exportVersion) {
      throw new Refusal(new ParleyError('newer-data', 'The file was written by a newer Parley. Update this one.'))
    }
    this.#isBegun = true
    return { is: 'nothing' }
  }
}

/** @throws Refusal of what is of another account */
function placeOf({ conversation: text, account, person }: ExportConversation, parts: ImportParts): Place | undefined {
  const conversation = conversationId(text)
  // With a classic client.
  if (account === undefined) return undefined
  const circle = parts
    .keyed()
    .find(each => each.account?.registry === account.registry && each.account.user === account.user)
  if (circle === undefined) {
    const words = 'The file was written by another account than those of this home. Import it there.'
    throw new Refusal(new ParleyError('usage', words))
  }
  if (person === undefined) {
    const isHere = parts.circles.info(conversation) !== undefined
    return isHere ? { circle, conversation, peer: undefined } : undefined
  }
  const peer = { ...person, user: userId(person.user) }
  if (directConversationId(registryId(account.registry), userId(account.user), peer.user) === conversation) {
    return { circle, conversation, peer }
  }
  throw new Error('its ids do not belong together')
}
