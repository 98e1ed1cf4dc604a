import { hash, randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { DirectMembers } from '../../../daemon/src/hub/conversations/direct-members.ts'
import { Draft } from '../../../daemon/src/hub/conversations/draft.ts'
import type { CheckedEntry } from '../../../daemon/src/hub/conversations/intake.ts'
import { Shelf } from '../../../daemon/src/hub/conversations/shelf.ts'
import { newState } from '../../../daemon/src/hub/conversations/state.ts'
import { type Content, encodeText, textKind } from '../../../daemon/src/protocol/bodies.ts'
import { timeOf } from '../../../daemon/src/protocol/clock.ts'
import { encoder } from '../../../daemon/src/protocol/codec.ts'
import { type EntryHeader, type ReadEntry, readHeader, sealEntry } from '../../../daemon/src/protocol/entries.ts'
import {
  type ConversationId,
  conversationId,
  directConversationId,
  fromText,
  messageId,
} from '../../../daemon/src/protocol/ids.ts'
import { EntrySchema, HeaderSchema } from '../../../daemon/src/protocol/parley_pb.ts'
import { hashOf } from '../../../daemon/src/protocol/signed.ts'
import { type Actor, keyringOf, registry } from './cast.ts'

/** What is written, and by whom. */
export interface Seed {
  /** Whose home it is. */
  readonly home: Actor
  readonly other: Actor
  readonly author: Actor
  readonly count: number
  /** The number of the home's next commit. */
  readonly arrival?: number
  text?(number: number): string
  /** Ids in order fill a large file quickly; real ones are random. */
  readonly ids?: 'random' | 'ordered'
  /** Every so many entries one is signed, as in what came in runs. Absent: all are. */
  readonly signed?: number
}

/**
 * Fills a storage with a direct conversation as the hub itself would leave it: entries that are signed and linked, in
 * batches that the hub's own draft makes. Only what would be sent or told is left out.
 */
export async function seedConversation(storage: Storage, seed: Seed): Promise<ConversationId> {
  const { home, other, author, count, text = usualText, ids = 'random', arrival = 1, signed = 1 } = seed
  const { account, user } = home
  const id = directConversationId(registry, account.user, other.user)
  const keyring = keyringOf([home, other])
  const members = new DirectMembers(new Set([user, other.user]), keyring)
  let state = newState(account, other, () => members)
  let prev: readonly Uint8Array[] = []
  const begin = Date.now() - count * spacing
  const batch = 240
  const writing: Promise<string>[] = []
  for (let from = 0; from < count; from += batch) {
    const entries: CheckedEntry[] = []
    for (let number = from; number < Math.min(from + batch, count); number++) {
      const message = messageId(ids === 'random' ? randomBytes(16) : orderedId(number))
      const written = begin + number * spacing
      const content = { message, written, text: text(number) }
      const isSigned = (number + 1) % signed === 0 || number + 1 === count
      const checked = entryOf({ conversation: id, author, seq: number + 1, prev, content, isSigned })
      entries.push(checked)
      prev = [checked.hash]
    }
    const said = entries.flatMap(({ user: by, content }) => (content ? [{ user: by, said: content }] : []))
    const shelf = await Shelf.load(storage, id, user, { said })
    const draft = new Draft({ conversation: id, account, state, peer: other, shelf, arrival })
    for (const checked of entries) draft.link(checked)
    const next = draft.finish()
    if (next === undefined || draft.linked.length !== entries.length) throw new Error('the entries do not link')
    // The next batches are made while this one is flushed; what waits together shares a flush.
    if (writing.length === inFlight && (await writing.shift()) !== 'committed') throw new Error(lost)
    writing.push(storage.write(next.changes))
    state = next.state
  }
  for (const written of writing) if ((await written) !== 'committed') throw new Error(lost)
  return id
}

interface NewEntry {
  readonly conversation: ConversationId
  readonly author: Actor
  readonly seq: number
  readonly prev: readonly Uint8Array[]
  readonly content: Content
  readonly isSigned: boolean
}

function entryOf({ conversation, author, seq, prev, content, isSigned }: NewEntry): CheckedEntry {
  const { device, privateKey } = author.account
  const body = encodeText(content.message, content.written, content.text)
  const time = timeOf(content.written)
  const fields = { conversation, device, seq, prev, time, kind: textKind, body }
  const { entry, header, hash } = isSigned ? signedEntry({ ...fields, privateKey }) : bareEntry(fields)
  const encoded = writeEntry(entry)
  const place = { header, hash, device, user: author.user, seq, time }
  return { ...place, entry, rights: [], encoded, content, heldCuts: new Set() }
}

function signedEntry(fields: Parameters<typeof sealEntry>[0]): ReadEntry {
  return readHeader(sealEntry(fields).entry)
}

/** As {@link sealEntry} makes it, without the signature: one further on vouches for it. */
function bareEntry(fields: Omit<Parameters<typeof sealEntry>[0], 'privateKey'>): ReadEntry {
  const { conversation, device, seq, prev, time, kind, body } = fields
  const salt = new Uint8Array(randomBytes(16))
  const bodyHash = new Uint8Array(hash('sha256', Buffer.concat([salt, body]), 'buffer'))
  const header: EntryHeader = {
    ...fields,
    conversation: conversationId(conversation),
    rights: [],
    bodyHash,
    bodySize: body.length,
  }
  const bytes = writeHeader(
    create(HeaderSchema, {
      ...{ seq: BigInt(seq), prev: [...prev], time, kind, bodyHash, bodySize: body.length },
      ...{ conversation: fromText(conversation), device: fromText(device) },
    }),
  )
  return { entry: create(EntrySchema, { header: bytes, salt, body }), header, hash: hashOf('entry', bytes) }
}

function orderedId(number: number): Uint8Array {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(number)
  return bytes
}

/** A line of about the usual length. */
export function usualText(number: number): string {
  return `line ${number}: about as long as people write, no more and no less`
}

const writeEntry = encoder(EntrySchema)
const writeHeader = encoder(HeaderSchema)

/** Batches on their way to the disk. */
const inFlight = 8
const lost = 'the entries were not committed'

/** ms between two messages. */
const spacing = 1000
