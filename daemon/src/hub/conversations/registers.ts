import { create } from '@bufbuild/protobuf'
import { limits } from '../../limits.ts'
import type { Deed, Words } from '../../protocol/bodies.ts'
import {
  type EditRow,
  EditRowSchema,
  type MessageRow,
  type ReactionRow,
  ReactionRowSchema,
  type RegistersRow,
  RegistersRowSchema,
} from '../../protocol/hub_rows_pb.ts'
import { fromText, type UserId, userId } from '../../protocol/ids.ts'

/**
 * What was done with a message, merged (protocol, section 6): of each register the highest (time, hash) counts, and deletion
 * beats all. The order in which deeds come does not matter: each merge takes a maximum.
 */

/** Where a deed stands among others. */
export interface Stamp {
  /** Hybrid logical clock. */
  readonly time: bigint
  /** Of its entry; the first 16 bytes count. */
  readonly hash: Uint8Array
}

export interface Reaction {
  readonly user: UserId
  readonly emoji: string
}

/** Merges a sealed deed of `author`. */
export function merge(row: RegistersRow, author: UserId, deed: Deed, stamp: Stamp, written: number): void {
  switch (deed.is) {
    case 'deletion':
      markDeleted(row)
      return
    case 'edit': {
      if (row.deleted || (row.edit !== undefined && !isHigher(stamp, row.edit))) return
      row.edit = editRow(deed, stamp, written)
      return
    }
    case 'reaction': {
      if (row.deleted) return
      const reaction = reactionRow(author, deed, stamp)
      const at = row.reactions.findIndex(each => isSameReaction(each, reaction))
      const before = row.reactions[at]
      if (before === undefined) row.reactions.push(reaction)
      else if (isHigher(reaction, before)) row.reactions[at] = reaction
      keepLatest(row, limits.reactionsOfPerson, each => Buffer.compare(each.user, reaction.user) === 0)
      keepLatest(row, limits.reactionsOfMessage, () => true)
    }
  }
}

/** Nothing else counts from now on. */
export function markDeleted(row: RegistersRow): void {
  row.deleted = true
  delete row.edit
  delete row.queuedEdit
  row.reactions = []
  row.queuedReactions = []
}

/** An act of one's own waits in the outbox under `number`: it shows at once. */
export function overlay(row: RegistersRow, author: UserId, deed: Deed, number: number, written: number): void {
  const stamp = { time: 0n, hash: numberBytes(number) }
  if (deed.is === 'deletion') {
    markDeleted(row)
    row.queuedDeleted = true
  } else if (deed.is === 'edit') row.queuedEdit = editRow(deed, stamp, written)
  else {
    const reaction = reactionRow(author, deed, stamp)
    row.queuedReactions = [...row.queuedReactions.filter(each => !isSameReaction(each, reaction)), reaction]
  }
}

/** The act under `number` has left the outbox. */
export function removeOverlay(row: RegistersRow, deed: Deed, number: number): void {
  if (deed.is === 'deletion') row.queuedDeleted = false
  const hash = numberBytes(number)
  const is = (each: { readonly hash: Uint8Array }) => Buffer.compare(each.hash, hash) === 0
  if (row.queuedEdit && is(row.queuedEdit)) delete row.queuedEdit
  row.queuedReactions = row.queuedReactions.filter(each => !is(each))
}

export function newRegisters(): RegistersRow {
  return create(RegistersRowSchema)
}

/** What is left when nothing sealed counts: acts of one's own that wait. */
export function onlyQueued({ queuedEdit, queuedReactions, queuedDeleted }: RegistersRow): RegistersRow {
  const left = create(RegistersRowSchema, { queuedReactions, queuedDeleted, ...(queuedEdit && { queuedEdit }) })
  if (queuedDeleted) markDeleted(left)
  return left
}

/** The words that a message has now. */
export function wordsOf(row: MessageRow): Words & { readonly edited?: number } {
  const edit = row.registers?.queuedEdit ?? row.registers?.edit
  const { text, mentions, mentionsAll } = edit ?? row
  return {
    text,
    ...(mentions.length > 0 && { mentions: mentions.map(userId) }),
    ...(mentionsAll && { mentionsAll: true as const }),
    ...(edit && { edited: Number(edit.written) }),
  }
}

/** The reactions that are on, in the order in which they came; one's own that wait come last. */
export function reactionsOf(row: RegistersRow | undefined): Reaction[] {
  if (row === undefined || row.reactions.length + row.queuedReactions.length === 0) return []
  const found = new Map<string, Reaction>()
  const sealed = row.reactions.toSorted((a, b) => compare(a, b))
  for (const each of [...sealed, ...row.queuedReactions]) {
    const user = userId(each.user)
    const key = `${user}/${each.emoji}`
    if (each.off) found.delete(key)
    else if (!found.has(key)) found.set(key, { user, emoji: each.emoji })
  }
  return [...found.values()]
}

/**
 * The latest registers stay: what was dropped can come back only as something later still, so that this is a maximum as
 * well, whatever the order.
 */
function keepLatest(row: RegistersRow, most: number, of: (reaction: ReactionRow) => boolean): void {
  const some = row.reactions.filter(of)
  if (some.length <= most) return
  const [lowest] = some.toSorted(compare)
  row.reactions = row.reactions.filter(each => each !== lowest)
}

function isSameReaction(a: ReactionRow, b: ReactionRow): boolean {
  return a.emoji === b.emoji && Buffer.compare(a.user, b.user) === 0
}

function isHigher(a: Stamp, b: Stamp): boolean {
  return compare({ ...a, hash: a.hash.subarray(0, stampHash) }, b) > 0
}

function compare(a: Stamp, b: Stamp): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1
  return Buffer.compare(a.hash, b.hash)
}

function editRow(words: Words, { time, hash }: Stamp, written: number): EditRow {
  const { text, mentions = [], mentionsAll = false } = words
  return create(EditRowSchema, {
    ...{ time, text, mentionsAll },
    hash: hash.slice(0, stampHash),
    written: BigInt(written),
    mentions: mentions.map(user => fromText(user)),
  })
}

function reactionRow(
  author: UserId,
  { emoji, isOff }: { readonly emoji: string; readonly isOff: boolean },
  { time, hash }: Stamp,
): ReactionRow {
  return create(ReactionRowSchema, { user: fromText(author), emoji, time, hash: hash.slice(0, stampHash), off: isOff })
}

/** Bytes of a hash that decide between deeds of the same time: enough that nobody finds two alike. */
const stampHash = 16

function numberBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number))
  return bytes
}
