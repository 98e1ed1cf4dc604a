import { create } from '@bufbuild/protobuf'
import { asParleyError, ParleyError } from '../../../errors.ts'
import { limits } from '../../../limits.ts'
import { msOf } from '../../../protocol/clock.ts'
import { hasSignedBody, isSigned, type ReadEntry, readHeader } from '../../../protocol/entries.ts'
import { type ConversationId, type DeviceId, fromText, toText, type UserId } from '../../../protocol/ids.ts'
import { publicKeyOf, spkiOf } from '../../../protocol/keys.ts'
import { isMembershipKind } from '../../../protocol/membership-bodies.ts'
import { type Entry, type Event, RightsEntriesSchema, RightsSchema } from '../../../protocol/parley_pb.ts'
import { type Refusal, sizeOf } from '../intake.ts'
import type { Author, Keyring, Members, MembershipEntry } from '../members.ts'
import { actOf } from '../membership/acts.ts'
import { digestOfEntries } from '../membership/entries-digest.ts'
import { entriesByUser, hasRoomFor } from '../membership/shares.ts'
import { Pace } from '../pace.ts'

type Frame = Event['is']

/** First 8 bytes of SHA-256 over the hashes of the membership entries that a user may know of, ascending; empty: none. */
export function rightsDigest(members: Members, user: UserId): Uint8Array {
  return members.knownTo(user) ? digestOfEntries(knownHashes(members, user)) : members.entriesDigest
}

/** Tells somebody which membership entries are here, among those that they may know of. */
export function rightsFrame(conversation: ConversationId, members: Members | undefined, user: UserId): Frame {
  const hashes = members ? knownHashes(members, user) : []
  return { case: 'rights', value: create(RightsSchema, { conversation: fromText(conversation), hashes }) }
}

/** What somebody lacks who has told what they hold, in base32: each behind what it names, in frames of at most a run. */
export function lackingRights(
  conversation: ConversationId,
  members: Members,
  user: UserId,
  held: ReadonlySet<string>,
): Frame[] {
  const known = members.knownTo(user)
  const wanted = inTurn(members.entries).filter(hash => !held.has(hash) && (known?.has(hash) ?? true))
  return rightsEntriesFrames(
    conversation,
    wanted.flatMap(hash => members.entries.get(hash)?.entry ?? []),
  )
}

/** Membership entries in frames of at most a run, in the order given. */
export function rightsEntriesFrames(conversation: ConversationId, entries: readonly Entry[]): Frame[] {
  const frames: Frame[] = []
  let frame: Entry[] = []
  let bytes = 0
  const close = () => {
    if (frame.length === 0) return
    const value = create(RightsEntriesSchema, { conversation: fromText(conversation), entries: frame })
    frames.push({ case: 'rightsEntries', value })
  }
  for (const entry of entries) {
    if (bytes + sizeOf(entry) > limits.run) {
      close()
      frame = []
      bytes = 0
    }
    frame.push(entry)
    bytes += sizeOf(entry)
  }
  close()
  return frames
}

/** Against what membership entries are checked. */
export interface RightsGround {
  readonly conversation: ConversationId
  /** What is held; undefined: nothing of that room is. */
  readonly members: Members | undefined
  readonly keyring: Keyring
  /** Synchronised time, ms since 1970. */
  readonly now: number
  /** The members that these entries alone make. */
  make(entries: readonly MembershipEntry[]): Members
  /** Looks for the statements of people whose devices are not known; resolves when it has done what it could. */
  meet(users: readonly UserId[]): Promise<void>
}

export interface CheckedRights {
  /** In an order in which each comes behind what it names. */
  readonly accepted: readonly MembershipEntry[]
  readonly refused: readonly Refusal[]
  /** How many signatures were checked of those that were refused. */
  readonly inVain: number
}

/**
 * Checks membership entries that came by themselves. One counts as held only if its device has signed it, its body is whole,
 * all that it names is held, and the room has ever heard of its author; whether it has any effect is for the fold. What is
 * refused for want of something comes again with the next comparison.
 */
export async function checkRights(entries: readonly Entry[], ground: RightsGround): Promise<CheckedRights> {
  const refused: Refusal[] = []
  const fresh = await readFresh(entries, ground, refused)
  const signatures = new Signatures()
  const authors = await authorsOf(fresh, ground, signatures)
  const pace = new Pace()
  const accepted: MembershipEntry[] = []
  const held = new Set(ground.members?.entries.keys())
  const named = new Set(ground.members?.named)
  const counts = entriesByUser(ground.members?.entries.values() ?? [])
  const room = ground.conversation
  for (const read of fresh) {
    await pace.step()
    const author = authors.get(read.header.device)
    const first = ground.members ? ground.members.entries.get(room) : accepted.at(0)
    const founder = ground.members ? first?.user : (first ?? author)?.user
    const isFull = author && !hasRoomFor(author.user, { founder, counts, total: held.size })
    const why = isFull ? tooMuch() : author ? whyNot(read, author, { held, named, room, signatures }) : noKey()
    if (why || !author) {
      refused.push(refusal(read, why ?? noKey()))
      continue
    }
    const member = asMember(read, author)
    signatures.accepted++
    accepted.push(member)
    counts.set(member.user, (counts.get(member.user) ?? 0) + 1)
    held.add(toText(read.hash))
    const { body } = actOf(member)
    if (body.is === 'founding' || body.is === 'invitation') named.add(body.user)
  }
  return { accepted, refused, inVain: signatures.inVain }
}

/** Signatures, each checked once. */
class Signatures {
  readonly #hold = new Map<ReadEntry, boolean>()
  accepted = 0

  hold(read: ReadEntry, { key }: Author): boolean {
    const known = this.#hold.get(read)
    if (known !== undefined) return known
    const holds = isSigned(read.entry, key)
    this.#hold.set(read, holds)
    return holds
  }

  /** How many were checked of what was not accepted. */
  get inVain(): number {
    return this.#hold.size - this.accepted
  }
}

function knownHashes(members: Members, user: UserId): Uint8Array<ArrayBuffer>[] {
  const known = members.knownTo(user)
  return [...members.entries].flatMap(([text, { hash }]) => {
    return known?.has(text) === false ? [] : [new Uint8Array(hash)]
  })
}

/** The hashes of entries, each behind those that it names. */
function inTurn(entries: ReadonlyMap<string, MembershipEntry>): string[] {
  const turn: string[] = []
  const seen = new Set<string>()
  const open = [...entries.keys()].reverse()
  for (let hash = open.at(-1); hash !== undefined; hash = open.at(-1)) {
    const before = entries.get(hash)?.header.rights.map(toText) ?? []
    const left = seen.has(hash) ? [] : before.filter(each => entries.has(each) && !seen.has(each))
    if (left.length > 0) {
      open.push(...left)
      continue
    }
    open.pop()
    if (!seen.has(hash)) turn.push(hash)
    seen.add(hash)
  }
  return turn
}

async function readFresh(
  entries: readonly Entry[],
  { conversation, members, now }: RightsGround,
  refused: Refusal[],
): Promise<ReadEntry[]> {
  const pace = new Pace()
  const fresh = new Map<string, ReadEntry>()
  const room = limits.membershipEntries - (members?.entries.size ?? 0)
  for (const entry of entries) {
    await pace.step()
    try {
      const read = readHeader(entry)
      const hash = toText(read.hash)
      if (members?.entries.has(hash) || fresh.has(hash)) continue
      checkFresh(read, conversation, now)
      if (fresh.size >= room) throw new ParleyError('busy', full)
      fresh.set(hash, read)
    } catch (error) {
      const { code, message } = asParleyError(error)
      refused.push({ code, message })
    }
  }
  return [...fresh.values()]
}

function checkFresh(read: ReadEntry, conversation: ConversationId, now: number): void {
  const { header } = read
  if (header.conversation !== conversation) {
    throw new ParleyError('forged', 'What was said about the members of another room was not accepted.')
  }
  if (!isMembershipKind(header.kind) || !hasSignedBody(read)) {
    throw new ParleyError('forged', 'What was said about the members of a room was not accepted: it is not whole.')
  }
  if (msOf(header.time) > now + limits.clockSkew) {
    throw new ParleyError(
      'clock',
      'What was said about the members of a room is dated in the future. Set the clocks right.',
    )
  }
}

/** Who has written them, as far as that can be found out. */
async function authorsOf(
  fresh: readonly ReadEntry[],
  ground: RightsGround,
  signatures: Signatures,
): Promise<Map<DeviceId, Author>> {
  const { keyring, members } = ground
  const devices = new Set(fresh.map(({ header }) => header.device))
  const authors = new Map<DeviceId, Author>()
  const look = (from: (device: DeviceId) => Author | undefined) => {
    for (const device of devices) {
      const author = authors.has(device) ? undefined : from(device)
      if (author) authors.set(device, author)
    }
  }
  look(device => keyring.keyOf(device) ?? members?.mayLink(device))
  if (authors.size === devices.size) return authors
  await ground.meet(peopleIn(fresh, ground))
  look(device => keyring.keyOf(device))
  if (authors.size === devices.size) return authors
  // Of a device that was revoked long ago no roster tells any more, but the revocation does.
  if (!fresh.some(read => revokesUnknown(read, devices, authors))) return authors
  const signed: MembershipEntry[] = []
  const pace = new Pace()
  for (const read of fresh) {
    await pace.step()
    const author = authors.get(read.header.device)
    if (author && signatures.hold(read, author)) signed.push(asMember(read, author))
  }
  const known = members ? members.with(signed) : ground.make(signed)
  look(device => known.mayLink(device) ?? claimedKey(device, signed, keyring))
  return authors
}

function revokesUnknown(
  read: ReadEntry,
  devices: ReadonlySet<DeviceId>,
  authors: ReadonlyMap<DeviceId, Author>,
): boolean {
  const { body } = actOf({ ...read, ...nobody })
  return body.is === 'revocation' && devices.has(body.device) && !authors.has(body.device)
}

/**
 * The key of a revoked device whose owner had not joined by what is known until now. That it was theirs is for their
 * statements to say: anybody may name the key of somebody who is not known here.
 */
function claimedKey(device: DeviceId, signed: readonly MembershipEntry[], keyring: Keyring): Author | undefined {
  const owner = keyring.formerOwner(device)
  if (owner === undefined) return undefined
  for (const entry of signed) {
    const { body, user } = actOf(entry)
    if (body.is === 'revocation' && body.device === device && user === owner)
      return { user, key: publicKeyOf(body.key) }
  }
  return undefined
}

/** Everybody whom these entries speak of: of some a device may be missing. */
function peopleIn(fresh: readonly ReadEntry[], { members }: RightsGround): UserId[] {
  const people = new Set(members?.named)
  for (const read of fresh) {
    const { body } = actOf({ ...read, ...nobody })
    if (body.is === 'founding' || body.is === 'invitation') people.add(body.user)
  }
  return [...people].slice(0, limits.peopleMet)
}

const nobody = { user: '' as UserId, key: new Uint8Array(0) }

interface Held {
  readonly held: ReadonlySet<string>
  readonly named: ReadonlySet<UserId>
  readonly room: ConversationId
  readonly signatures: Signatures
}

/** The signature comes last: it is what takes time. */
function whyNot(read: ReadEntry, author: Author, { held, named, room, signatures }: Held): ParleyError | undefined {
  const { header } = read
  const founds = toText(read.hash) === room
  if (!founds && header.rights.length === 0) {
    return new ParleyError(
      'forged',
      'What was said about the members of a room was not accepted: it names nothing before it.',
    )
  }
  if (!founds && !named.has(author.user)) {
    return new ParleyError(
      'stranger',
      'What somebody said about the members of a room was not accepted: nobody invited them.',
    )
  }
  if (!header.rights.every(each => held.has(toText(each)))) {
    return new ParleyError(
      'conflict',
      'What was said about the members of a room builds on something that is not here yet.',
    )
  }
  if (signatures.hold(read, author)) return undefined
  return new ParleyError('bad-signature', 'What was said about the members of a room is not signed by its device.')
}

function asMember({ entry, header, hash }: ReadEntry, { user, key }: Author): MembershipEntry {
  return { entry, header, hash, user, key: spkiOf(key) }
}

function tooMuch(): ParleyError {
  return new ParleyError('busy', full)
}

function noKey(): ParleyError {
  return new ParleyError(
    'stranger',
    'What was said about the members of a room was not accepted: its device is not known here.',
  )
}

function refusal({ header, hash }: ReadEntry, { code, message }: ParleyError): Refusal {
  return { code, message, device: header.device, seq: header.seq, hash }
}

const full = `The room has ${limits.membershipEntries} entries about its members, or ${limits.membershipEntriesOf} by one person; it takes no more. Found a new room.`
