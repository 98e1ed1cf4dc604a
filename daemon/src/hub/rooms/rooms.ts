import { randomBytes } from 'node:crypto'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { ControlRequests, ConversationInfo, PersonInfo, RoomDetail, RoomMember } from '../../protocol/control.ts'
import {
  type ConversationId,
  conversationId,
  type DeviceId,
  messageId,
  type RegistryId,
  type UserId,
  userId,
} from '../../protocol/ids.ts'
import type { Membership } from '../../protocol/membership.ts'
import { type ActBody, type CutHead, encodeAct, kindOf } from '../../protocol/membership-bodies.ts'
import { readRoomName, readRoomTopic } from '../../protocol/names.ts'
import type { Conversations } from '../conversations/conversations.ts'
import { RoomMembers } from '../conversations/membership/room-members.ts'
import { nobodyYet } from '../membership.ts'
import { roomMembers } from './infos.ts'
import { namesRoom, unknownRoom } from './naming.ts'

type Params<Method extends keyof ControlRequests> = ControlRequests[Method][0]

/** What rooms need of the conversations of a home. */
export type RoomConversations = Pick<Conversations, 'membersOf' | 'headsOf' | 'found' | 'enact'>

/** The people among whom rooms are. */
export interface RoomsCircle {
  readonly registry: RegistryId
  readonly self: UserId
  readonly conversations: RoomConversations
  /** Synchronised time, ms since 1970. */
  now(): number
  /** Why nothing can be written now; undefined: it can. */
  readonly refusal: ParleyError | undefined
  /** The room that `#name` means, also one that comes right after the start. @throws ParleyError `unknown-room`, `usage` */
  findRoom(text: string): Promise<ConversationId>
  summary(conversation: ConversationId): ConversationInfo | undefined
  /** Somebody by name, whom the registry is asked for if need be. @throws ParleyError `unknown-user` and more */
  findPerson(name: string): Promise<{ readonly user: UserId }>
  personOf(user: UserId): PersonInfo
  isBlocked(user: UserId): boolean
  /** Dials these people, who lack something now. */
  reach(users: Iterable<UserId>): void
}

/** The rooms of a hub: each method is the request of the control API of the same name. */
export class Rooms {
  readonly #circle: () => RoomsCircle | undefined

  constructor(circle: () => RoomsCircle | undefined) {
    this.#circle = circle
  }

  readonly createRoom = async ({ name, topic, history, invite = [] }: Params<'createRoom'>): Promise<RoomDetail> => {
    const circle = this.#ready
    const texts = { name: readRoomName(name), topic: readRoomTopic(topic ?? '') }
    // Before anything is written: a name that nobody has is no room of the wrong people.
    const invited = new Set<UserId>()
    for (const who of invite) if (!isSelf(circle, who)) invited.add((await circle.findPerson(who)).user)
    if (invited.size >= limits.roomMembers) throw full()
    for (const user of invited) refuseBlocked(circle, user)
    const nonce = new Uint8Array(randomBytes(16))
    const { registry, self: user } = circle
    const body: ActBody = { is: 'founding', registry, user, ...texts, history: history ?? 'all', nonce }
    const conversation = await circle.conversations.found(encodeAct(body, newAct(), circle.now()))
    const room = new Room(circle, conversation)
    for (const user of invited) await room.act({ is: 'invitation', user, from: room.floors })
    circle.reach(invited)
    return room.detail
  }

  readonly room = async ({ conversation }: Params<'room'>): Promise<RoomDetail> => {
    return (await this.#room(conversation)).detail
  }

  readonly inviteToRoom = async ({ conversation, who }: Params<'inviteToRoom'>): Promise<RoomMember> => {
    const room = await this.#room(conversation, 'write')
    room.checkIsIn()
    if (isSelf(room.circle, who)) {
      throw new ParleyError('usage', `You are in ${room.membership.name} already. Name somebody else to invite.`)
    }
    const { user } = await room.circle.findPerson(who)
    refuseBlocked(room.circle, user)
    const standing = room.membership.standings.get(user)
    const isThere = standing !== undefined && standing !== 'out'
    if (!isThere && room.size >= limits.roomMembers) throw full()
    if (!isThere) await room.act({ is: 'invitation', user, from: room.floors })
    room.circle.reach([user])
    return room.member(user)
  }

  readonly joinRoom = async ({ conversation }: Params<'joinRoom'>): Promise<RoomDetail> => {
    const room = await this.#room(conversation, 'write')
    if (room.standing === 'out') throw outOf(room)
    if (room.standing === 'invited') await room.act({ is: 'joining' })
    room.circle.reach(room.others)
    return room.detail
  }

  readonly leaveRoom = async ({ conversation }: Params<'leaveRoom'>): Promise<Record<string, never>> => {
    const room = await this.#room(conversation, 'write')
    if (room.standing === 'out') return {}
    const { others } = room
    await room.act({ is: 'leaving', cut: room.cutOf(room.circle.self) })
    room.circle.reach(others)
    return {}
  }

  readonly changeRoom = async ({ conversation, name, topic, history }: Params<'changeRoom'>): Promise<RoomDetail> => {
    const room = await this.#room(conversation, 'write')
    room.checkIsAdmin('change its name, topic or history')
    const wanted = {
      ...(name !== undefined && { name: readRoomName(name) }),
      ...(topic !== undefined && { topic: readRoomTopic(topic) }),
      ...(history !== undefined && { history }),
    }
    const now = room.membership
    // One entry for each: each is a line of its own in the room.
    if (wanted.name !== undefined && wanted.name !== now.name) await room.act({ is: 'change', name: wanted.name })
    if (wanted.topic !== undefined && wanted.topic !== now.topic) await room.act({ is: 'change', topic: wanted.topic })
    if (wanted.history && wanted.history !== now.history) await room.act({ is: 'change', history: wanted.history })
    room.circle.reach(room.others)
    return room.detail
  }

  readonly removeFromRoom = async ({ conversation, who }: Params<'removeFromRoom'>): Promise<RoomDetail> => {
    const room = await this.#room(conversation, 'write')
    room.checkIsIn()
    const user = room.memberNamed(who)
    if (user === room.circle.self)
      throw new ParleyError('usage', 'To go out of a room yourself: parley room leave ROOM')
    room.checkMayRemove(user)
    const { others } = room
    await room.act({ is: 'removal', user, cut: room.cutOf(user) })
    room.circle.reach(others)
    return room.detail
  }

  readonly setRoomRole = async ({ conversation, who, role }: Params<'setRoomRole'>): Promise<RoomMember> => {
    const room = await this.#room(conversation, 'write')
    const user = room.memberNamed(who)
    const standing = room.membership.standings.get(user)
    if (standing === 'invited') {
      throw new ParleyError('not-allowed', `${room.nameOf(user)} has not joined yet. Appoint them once they have.`)
    }
    if (standing === 'owner') {
      throw new ParleyError('not-allowed', `${room.nameOf(user)} owns the room, for as long as they stay.`)
    }
    room.checkIsAdmin(role === 'admin' ? 'appoint admins' : 'take that back')
    if (role === 'member' && user !== room.circle.self) room.checkIsSenior(user)
    if (standing !== role) await room.act({ is: 'role', user, role })
    room.circle.reach(room.others)
    return room.member(user)
  }

  get #ready(): RoomsCircle {
    const circle = this.#circle()
    if (circle === undefined) throw new ParleyError('unknown-account', nobodyYet)
    if (circle.refusal) throw circle.refusal
    return circle
  }

  /** A room by its id or `#name`. */
  async #room(text: string, to: 'read' | 'write' = 'read'): Promise<Room> {
    const circle = to === 'write' ? this.#ready : this.#circle()
    if (circle === undefined) throw new ParleyError('unknown-account', nobodyYet)
    const conversation = namesRoom(text) ? await circle.findRoom(text) : idIn(text)
    if (conversation === undefined || !(circle.conversations.membersOf(conversation) instanceof RoomMembers)) {
      throw unknownRoom(text)
    }
    return new Room(circle, conversation)
  }
}

/** A room as it is at the moment of asking. */
class Room {
  readonly circle: RoomsCircle
  readonly #conversation: ConversationId

  constructor(circle: RoomsCircle, conversation: ConversationId) {
    this.circle = circle
    this.#conversation = conversation
  }

  get #members(): RoomMembers {
    const members = this.circle.conversations.membersOf(this.#conversation)
    if (members instanceof RoomMembers) return members
    throw unknownRoom(this.#conversation)
  }

  get membership(): Membership {
    return this.#members.membership
  }

  /** How oneself stands there. */
  get standing() {
    return this.membership.standings.get(this.circle.self) ?? 'out'
  }

  /** Who has joined or is invited. */
  get size(): number {
    return this.membership.members.length + this.membership.invited.size
  }

  /** Everybody else who has joined or is invited. */
  get others(): UserId[] {
    const { members, invited } = this.membership
    return [...members.map(({ user }) => user), ...invited.keys()].filter(user => user !== this.circle.self)
  }

  get detail(): RoomDetail {
    const conversation = this.circle.summary(this.#conversation)
    if (conversation === undefined) throw unknownRoom(this.#conversation)
    return { conversation, members: this.#listed }
  }

  /** Where the logs start for whoever is invited now; empty: at their beginnings. */
  get floors(): CutHead[] {
    if (this.membership.history === 'all') return []
    return this.#heads(() => true)
  }

  /** The last entries here of the devices of somebody: what counts of theirs once they are out. */
  cutOf(user: UserId): CutHead[] {
    const members = this.#members
    return this.#heads(device => members.mayLink(device)?.user === user)
  }

  /** Writes an act: resolves once it is committed. */
  async act(body: ActBody): Promise<void> {
    const kind = kindOf(body)
    if (kind === undefined) throw new ParleyError('internal', 'Nobody writes an act of an unknown kind.')
    const { circle } = this
    const rights = this.#members.rightsAbout('user' in body ? body.user : undefined)
    await circle.conversations.enact(this.#conversation, kind, encodeAct(body, newAct(), circle.now()), rights)
  }

  nameOf(user: UserId): string {
    const { name, displayName } = this.circle.personOf(user)
    return displayName || name || 'Somebody'
  }

  member(user: UserId): RoomMember {
    const member = this.#listed.find(({ person }) => person.user === user)
    if (member) return member
    throw new ParleyError(
      'conflict',
      `Somebody else has just put ${this.nameOf(user)} out of the room. Look at it again.`,
    )
  }

  /** Somebody who has joined or is invited, by name or user id. @throws ParleyError `unknown-user` */
  memberNamed(who: string): UserId {
    const wanted = plainName(who)
    const found = this.#listed.find(({ person }) => person.user === wanted || person.name === wanted)
    if (found) return userId(found.person.user)
    throw new ParleyError(
      'unknown-user',
      `Nobody in ${this.membership.name} is called "${wanted}". See: parley room show`,
    )
  }

  checkIsIn(): void {
    if (this.standing === 'out') throw outOf(this)
    if (this.standing !== 'invited') return
    throw new ParleyError('not-member', `You are invited to ${this.membership.name}. Join it first.`)
  }

  checkIsAdmin(what: string): void {
    this.checkIsIn()
    if (this.standing !== 'member') return
    throw new ParleyError('not-allowed', `Only the admins and the owner of ${this.membership.name} may ${what}.`)
  }

  checkIsSenior(user: UserId): void {
    const order = this.membership.members.map(each => each.user)
    if (!order.includes(user) || order.indexOf(this.circle.self) < order.indexOf(user)) return
    throw new ParleyError('not-allowed', `${this.nameOf(user)} is more senior in ${this.membership.name} than you.`)
  }

  checkMayRemove(user: UserId): void {
    if (this.membership.invited.get(user) === this.circle.self) return
    this.checkIsAdmin('remove somebody')
    this.checkIsSenior(user)
  }

  get #listed(): RoomMember[] {
    return roomMembers(this.membership, this.circle.self, user => this.circle.personOf(user))
  }

  #heads(isWanted: (device: DeviceId) => boolean): CutHead[] {
    const heads: CutHead[] = []
    const { conversations } = this.circle
    for (const [device, places] of conversations.headsOf(this.#conversation)) {
      if (isWanted(device)) for (const { seq, hash } of places) heads.push({ device, seq, hash })
    }
    return heads.slice(0, limits.heads)
  }
}

/** Why nothing can be written to a room any more. */
export function notIn(membership: Membership, self: UserId): ParleyError | undefined {
  const standing = membership.standings.get(self) ?? 'out'
  if (standing === 'invited') {
    return new ParleyError('not-member', `You are invited to ${membership.name}. Join it first.`)
  }
  return standing === 'out' ? new ParleyError('not-member', outWords(membership.name)) : undefined
}

function outOf(room: Room): ParleyError {
  return new ParleyError('not-member', outWords(room.membership.name))
}

function outWords(name: string): string {
  return `You are no longer in ${name}: what was said stays here to read. Ask one of its members to invite you again.`
}

function refuseBlocked(circle: RoomsCircle, user: UserId): void {
  if (!circle.isBlocked(user)) return
  const { name } = circle.personOf(user)
  throw new ParleyError('blocked', `You have blocked ${name}. Unblock them to invite them.`)
}

/** Whether a name or user id means oneself. */
function isSelf(circle: RoomsCircle, who: string): boolean {
  const { user, name } = circle.personOf(circle.self)
  const wanted = plainName(who)
  return wanted === user || wanted === name
}

function plainName(who: string): string {
  return who.trim().replace(/^@/, '').toLowerCase()
}

function full(): ParleyError {
  return new ParleyError(
    'not-allowed',
    `A room has at most ${limits.roomMembers} people, those who are invited included.`,
  )
}

function newAct() {
  return messageId(new Uint8Array(randomBytes(16)))
}

function idIn(text: string): ConversationId | undefined {
  return /^[a-z2-7]{52}$/.test(text) ? conversationId(text) : undefined
}
