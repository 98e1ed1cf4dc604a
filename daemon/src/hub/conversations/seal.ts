import { limits } from '../../limits.ts'
import type { Said } from '../../protocol/bodies.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import { readHeader, sealEntry } from '../../protocol/entries.ts'
import type { ConversationId } from '../../protocol/ids.ts'
import { isMembershipKind } from '../../protocol/membership-bodies.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'
import { inheritedRights, topOf } from './device-log.ts'
import type { Draft } from './draft.ts'
import type { CheckedEntry } from './intake.ts'
import { writeRow } from './rows.ts'
import type { Account } from './types.ts'

/** What a sealed entry says. */
export interface Sealing {
  readonly kind: number
  readonly body: Uint8Array
  readonly said?: Said
  /** The membership entries that it names, if not all heads. */
  readonly rights?: readonly Uint8Array[]
}

/**
 * Gives something its place in one's own log, behind all its heads: whatever branches there are become one. It names the
 * membership entries that are known, unless what it follows does.
 */
export function seal(
  draft: Draft,
  by: { readonly conversation: ConversationId; readonly account: Account; readonly clock: HybridClock },
  { kind, body, said, rights: named }: Sealing,
): CheckedEntry {
  const { conversation, account, clock } = by
  const { device, user, privateKey, spki } = account
  const log = draft.log(device)
  const prev = log.heads.map(({ hash }) => hash)
  let latest = 0n
  for (const head of log.heads) if (head.time > latest) latest = head.time
  const known = named ?? draft.members.rights.slice(0, limits.rights)
  // Membership entries travel without their log, so they inherit nothing.
  const inherits = !isMembershipKind(kind) && sameHashes(inheritedRights(log, prev), known)
  const rights = inherits ? [] : (named ?? known)
  const time = clock.next(latest)
  const seq = topOf(log) + 1
  const { entry } = sealEntry({ conversation, device, seq, prev, time, kind, body, privateKey, rights })
  const read = readHeader(entry)
  const membership = isMembershipKind(kind) && { membership: { ...read, user, key: spki } }
  const encoded = writeRow(EntrySchema, entry)
  const place = { ...read, device, user, seq, time, rights: known }
  return { ...place, encoded, content: said, heldCuts: new Set(), ...membership }
}

/** The entry that founds a room: the first of one's own log there, whose hash is the room's id. */
export function sealFounding(
  by: { readonly account: Account; readonly clock: HybridClock },
  body: Uint8Array,
): CheckedEntry {
  const { device, user, privateKey, spki } = by.account
  const fields = { conversation: '' as const, device, seq: 1, prev: [], time: by.clock.next(), privateKey }
  const read = readHeader(sealEntry({ ...fields, kind: foundingKind, body }).entry)
  const { entry, header } = read
  const place = { ...read, device, user, seq: 1, time: header.time, rights: [] }
  const membership = { ...read, user, key: spki }
  return { ...place, encoded: writeRow(EntrySchema, entry), content: undefined, heldCuts: new Set(), membership }
}

const foundingKind = 32

function sameHashes(some: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  return some.length === others.length && some.every(a => others.some(b => Buffer.compare(a, b) === 0))
}
