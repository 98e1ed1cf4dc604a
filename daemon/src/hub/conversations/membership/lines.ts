import { create } from '@bufbuild/protobuf'
import { limits } from '../../../limits.ts'
import { decoder } from '../../../protocol/codec.ts'
import { type EventRow, EventRowSchema } from '../../../protocol/hub_rows_pb.ts'
import { fromText, type MessageId, messageId, type UserId } from '../../../protocol/ids.ts'
import type { ActEvent } from '../../../protocol/membership.ts'
import { BodySchema } from '../../../protocol/parley_pb.ts'
import { sealedPosition } from '../keys.ts'
import type { Members, MembershipEntry } from '../members.ts'
import { RoomMembers } from './room-members.ts'

/** What happened in a room, as a line among its messages. */
export interface Line {
  readonly user: UserId
  readonly message: MessageId
  /** ms since 1970, as its author says. */
  readonly written: number
  readonly position: string
  readonly event: EventRow
}

/** Lines that are told from now on, and the positions of those that are no longer. */
export interface LineChanges {
  readonly told: readonly Line[]
  readonly untold: readonly string[]
}

/**
 * What is told otherwise once the members are others: a late entry may take the effect of some that are here already. Of
 * what has no effect nothing is told, nor of what was before oneself was invited to a part of the history.
 */
export function changedLines(before: Members | undefined, after: Members): LineChanges {
  const was = eventsOf(before)
  const is = eventsOf(after)
  const told: Line[] = []
  const untold: string[] = []
  for (const [hash, event] of is) {
    const entry = after.entries.get(hash)
    if (entry && !isSame(event, was.get(hash))) told.push(lineOf(entry, event))
  }
  for (const hash of was.keys()) {
    const entry = is.has(hash) ? undefined : after.entries.get(hash)
    if (entry) untold.push(positionOf(entry))
  }
  return { told: told.sort((a, b) => (a.position < b.position ? -1 : 1)), untold }
}

/** The next lines among all, in the order of their entries' hashes, behind so many of them. */
export function linesBehind(members: Members, from: number): LineChanges & { readonly rest: number | undefined } {
  const hashes = [...members.entries.keys()].sort()
  const page = hashes.slice(from, from + limits.linesTold)
  const events = eventsOf(members)
  const told: Line[] = []
  const untold: string[] = []
  for (const hash of page) {
    const entry = members.entries.get(hash)
    const event = events.get(hash)
    if (entry && event) told.push(lineOf(entry, event))
    else if (entry) untold.push(positionOf(entry))
  }
  const next = from + page.length
  return { told, untold, rest: next < hashes.length ? next : undefined }
}

function eventsOf(members: Members | undefined): Map<string, ActEvent> {
  const events = new Map<string, ActEvent>()
  if (!(members instanceof RoomMembers)) return events
  const { untold } = members
  for (const hash of members.entries.keys()) {
    const verdict = members.membership.verdict(hash)
    if (verdict.counts && verdict.event && !untold.has(hash)) events.set(hash, verdict.event)
  }
  return events
}

function isSame(a: ActEvent, b: ActEvent | undefined): boolean {
  return b === a || (b !== undefined && JSON.stringify(a) === JSON.stringify(b))
}

function lineOf(entry: MembershipEntry, event: ActEvent): Line {
  const { message, written } = decodeBody(entry.entry.body)
  return {
    user: entry.user,
    message: messageId(message),
    written: Number(written),
    position: positionOf(entry),
    event: rowOf(event),
  }
}

function positionOf({ header, hash }: MembershipEntry): string {
  return sealedPosition(header.time, header.device, { seq: header.seq, hash })
}

function rowOf(event: ActEvent): EventRow {
  const about = 'user' in event ? { user: fromText(event.user) } : {}
  const text = 'text' in event ? event.text : 'history' in event ? event.history : ''
  return create(EventRowSchema, { is: event.is, text, ...about })
}

const decodeBody = decoder(BodySchema)
