import { randomBytes } from 'node:crypto'
import { RoomMembers } from '../../daemon/src/hub/conversations/membership/room-members.ts'
import type { StoredMessage } from '../../daemon/src/hub/conversations/types.ts'
import type { Deed as MessageDeed } from '../../daemon/src/protocol/bodies.ts'
import {
  type ConversationId,
  type DeviceId,
  type MessageId,
  messageId,
  toText,
  type UserId,
} from '../../daemon/src/protocol/ids.ts'
import { type ActBody, type CutHead, encodeAct, kindOf } from '../../daemon/src/protocol/membership-bodies.ts'
import { conversationOf, type Person, registry } from '../support/conversations.ts'
import type { Random } from '../support/random.ts'
import type { Record, Said } from './record.ts'
import type { Station } from './station.ts'

/** What people do in conversations, each at a station of theirs, by what that knows at the moment. */
export class Deeds {
  readonly #record: Record
  readonly #people: readonly Person[]
  readonly #rooms: ConversationId[] = []

  /** `people`: one of each user. */
  constructor(record: Record, people: readonly Person[]) {
    this.#record = record
    this.#people = people
  }

  get rooms(): readonly ConversationId[] {
    return this.#rooms
  }

  /** Some messages at once, in some conversation that the station has a part in. */
  say(station: Station, random: Random): void {
    const conversation = this.#somewhere(station, random)
    if (conversation !== undefined) this.#burst(station, conversation, random)
  }

  /** Sends some messages to somebody. */
  sayTo(station: Station, to: Person, random: Random): void {
    if (station.person.user !== to.user) this.#burst(station, conversationOf(station.person, to), random)
  }

  #burst(station: Station, conversation: ConversationId, random: Random): void {
    const mentions = random.below(5) === 0 ? [this.#somebody(random).user] : []
    const burst = Array.from({ length: 1 + random.below(8) }, () => {
      const text = `${station.name} ${this.#record.said.length}`
      return this.#record.next(station, conversation, { is: 'text', text, mentions })
    })
    // A home that is killed answers nothing any more, so nobody waits for it.
    for (const said of burst) void this.#send(said)
  }

  /** As a front end does that was told nothing: it sends its messages again. */
  sayAgain(station: Station): void {
    const untold = this.#record.said.filter(({ by, life, acknowledged, deed }) => {
      return by === station && life === station.life && acknowledged === undefined && deed.is === 'text'
    })
    for (const said of untold) void this.#send(said)
  }

  /** Edits or deletes a message, or reacts to one. */
  async change(station: Station, random: Random): Promise<void> {
    const [which, how, emoji] = [random.below(30), random.below(10), random.below(3)]
    const conversation = this.#somewhere(station, random)
    if (conversation === undefined) return
    const page = await station.ask(home => home.conversations.history(conversation, { limit: 30 }))
    const messages = page?.messages.filter(({ event, deleted }) => !event && !deleted) ?? []
    const found = messages[which % Math.max(1, messages.length)]
    if (found === undefined) return
    const { user, message } = found
    const of = { user, message }
    const isAdmin = this.#moderates(station, conversation)
    if (how < 3 && (found.mine || isAdmin)) return this.#act(station, conversation, { is: 'deletion', of })
    if (how < 7 && found.mine) {
      const text = `${station.name} edit ${this.#record.said.length}`
      return this.#act(station, conversation, { is: 'edit', of, text })
    }
    const isOn = found.reactions?.some(each => each.user === station.person.user && each.emoji === emojis[emoji])
    const reaction = { is: 'reaction', of, emoji: emojis[emoji] ?? '', isOff: isOn === true } as const
    this.#act(station, conversation, reaction)
  }

  /** Reads some of what is unread. */
  async read(station: Station, random: Random): Promise<void> {
    const [which, upTo] = [random.below(20), random.below(20)]
    const { conversations } = station.home ?? {}
    const listed = [...(conversations?.list() ?? []), ...(conversations?.rooms() ?? [])]
    const open = listed.filter(({ unread }) => unread > 0)
    const { conversation, firstUnread: from } = open[which % Math.max(1, open.length)] ?? {}
    if (conversation === undefined || from === undefined) return
    const page = await station.ask(home => home.conversations.history(conversation, { limit: 20, from }))
    const messages: readonly StoredMessage[] = page?.messages ?? []
    const found = messages[upTo % Math.max(1, messages.length)]
    if (found === undefined) return
    const { life } = station
    const asked = station.ask(home => home.conversations.markRead(conversation, found.position).then(() => true))
    const isToRead = !found.mine && !found.event && !found.deleted
    void asked.then(done => done && isToRead && this.#record.readUpTo({ station, life, conversation, found }))
  }

  /** Somebody who is invited to a room joins it, at one of these stations. */
  async join(stations: readonly Station[], random: Random): Promise<void> {
    const which = random.below(20)
    const open = this.#rooms.flatMap(room => stations.map(station => ({ room, station })))
    const invited = open.filter(({ room, station }) => {
      return membersAt(station, room)?.membership.standings.get(station.person.user) === 'invited'
    })
    const { room, station } = invited[which % Math.max(1, invited.length)] ?? {}
    if (room !== undefined && station !== undefined) await this.#enact(station, room, { is: 'joining' })
  }

  /** Does something about the members of a room, as a hub lets its person do it. */
  async regroup(station: Station, random: Random): Promise<void> {
    const [roll, who] = [random.below(100), this.#somebody(random)]
    if (this.#rooms.length < mostRooms && (this.#rooms.length === 0 || roll >= 95)) return this.#found(station, random)
    const room = this.#rooms[random.below(this.#rooms.length)]
    const members = room && membersAt(station, room)
    if (room === undefined || members === undefined) return
    const { user: self } = station.person
    const body = this.#choose(station, room, { roll, who: who.user, self, members })
    if (body) await this.#enact(station, room, body)
  }

  #choose(
    station: Station,
    room: ConversationId,
    { roll, who, self, members }: { roll: number; who: UserId; self: UserId; members: RoomMembers },
  ): ActBody | undefined {
    const { standings, history, members: listed, invited } = members.membership
    const [own, theirs = 'out'] = [standings.get(self), standings.get(who)]
    if (own === 'invited') return roll < 95 ? { is: 'joining' } : { is: 'leaving', cut: cutOf(station, room, self) }
    if (own === undefined || own === 'out') return undefined
    const order = listed.map(({ user }) => user)
    const isSenior = own !== 'member' && (!order.includes(who) || order.indexOf(self) < order.indexOf(who))
    if (roll < 45 && theirs === 'out' && who !== self) {
      const from = history === 'all' ? [] : cutOf(station, room)
      return { is: 'invitation', user: who, from }
    }
    if (roll < 48) return { is: 'leaving', cut: cutOf(station, room, self) }
    const mayRemove = who !== self && theirs !== 'out' && (isSenior || invited.get(who) === self)
    if (roll < 68) return mayRemove ? { is: 'removal', user: who, cut: cutOf(station, room, who) } : undefined
    if (own === 'member') return undefined
    if (roll < 84 && theirs === 'member') return { is: 'role', user: who, role: 'admin' }
    if (roll < 88 && theirs === 'admin' && (isSenior || who === self)) return { is: 'role', user: who, role: 'member' }
    if (roll < 95) return { is: 'change', name: `room ${this.#record.said.length}` }
    return { is: 'change', topic: `topic ${this.#record.said.length}` }
  }

  async #found(station: Station, random: Random): Promise<void> {
    const { user } = station.person
    const isSecretive = random.below(4) === 0
    const guests = this.#people.filter(each => random.below(3) > 0 && each.user !== user)
    const history = isSecretive ? 'from-invitation' : 'all'
    const nonce = new Uint8Array(randomBytes(16))
    const body: ActBody = { is: 'founding', registry, user, name: 'room', topic: '', history, nonce }
    const room = await station.ask(home => home.conversations.found(encodeAct(body, newId(), Date.now())))
    if (room === undefined) return
    const said = this.#record.next(station, room, { is: 'membership', what: 'founding' })
    said.id = room
    this.#record.acknowledge(said)
    this.#rooms.push(room)
    for (const guest of guests) await this.#enact(station, room, { is: 'invitation', user: guest.user, from: [] })
  }

  async #enact(station: Station, room: ConversationId, body: ActBody): Promise<void> {
    const rights = membersAt(station, room)?.rightsAbout('user' in body ? body.user : undefined)
    const said = this.#record.next(station, room, { is: 'membership', what: body.is })
    const bytes = encodeAct(body, newId(), Date.now())
    const hash = await station.ask(home => home.conversations.enact(room, kindOf(body) ?? 0, bytes, rights))
    if (hash === undefined) return
    said.id = toText(hash)
    this.#record.acknowledge(said)
  }

  async #send(said: Said): Promise<void> {
    const { by, conversation, id, deed } = said
    if (deed.is !== 'text') return
    const { text, mentions } = deed
    const content = { text, mentions, message: id as MessageId, written: Date.now() }
    const peer = this.#people.find(each => conversationOf(by.person, each) === conversation)
    try {
      const { conversations } = by.home ?? {}
      await (peer ? conversations?.send({ peer, ...content }) : conversations?.sendTo(conversation, content))
      if (conversations) this.#record.acknowledge(said)
    } catch {
      // Refused in words: nothing was promised.
    }
  }

  #act(
    station: Station,
    conversation: ConversationId,
    deed: Exclude<Said['deed'], { is: 'text' | 'membership' }>,
  ): void {
    const said = this.#record.next(station, conversation, deed)
    const acted = station.home?.conversations.act(conversation, {
      message: said.id as MessageId,
      written: Date.now(),
      act: actOf(deed),
    })
    acted?.then(
      () => this.#record.acknowledge(said),
      () => undefined,
    )
  }

  #moderates(station: Station, conversation: ConversationId): boolean {
    const standing = membersAt(station, conversation)?.membership.standings.get(station.person.user)
    return standing === 'owner' || standing === 'admin'
  }

  /** A conversation in which the person at a station may write: in half of all cases a room, if there is one. */
  #somewhere(station: Station, random: Random): ConversationId | undefined {
    const [isRoom, which, who] = [random.below(2) === 0, random.below(10), this.#somebody(random)]
    const rooms = this.#rooms.filter(room => {
      const standing = membersAt(station, room)?.membership.standings.get(station.person.user)
      return standing === 'owner' || standing === 'admin' || standing === 'member'
    })
    const room = rooms[which % Math.max(1, rooms.length)]
    if (isRoom && room !== undefined) return room
    return who.user === station.person.user ? room : conversationOf(station.person, who)
  }

  #somebody(random: Random): Person {
    const person = this.#people[random.below(this.#people.length)]
    if (person === undefined) throw new Error('nobody is there')
    return person
  }
}

/** The members of a room as a station knows them. */
export function membersAt(station: Station, room: ConversationId): RoomMembers | undefined {
  const members = station.home?.conversations.membersOf(room)
  return members instanceof RoomMembers ? members : undefined
}

/** The last entries of somebody's devices, of everybody's without one. */
function cutOf(station: Station, room: ConversationId, user?: UserId): CutHead[] {
  const members = membersAt(station, room)
  const heads = station.home?.conversations.headsOf(room) ?? new Map()
  const wanted = (device: DeviceId) => user === undefined || members?.mayLink(device)?.user === user
  const cut: CutHead[] = []
  for (const [device, places] of heads) {
    if (wanted(device)) for (const { seq, hash } of places) cut.push({ device, seq, hash })
  }
  return cut
}

function actOf(deed: Exclude<Said['deed'], { is: 'text' | 'membership' }>): MessageDeed {
  switch (deed.is) {
    case 'edit':
      return { is: 'edit', target: deed.of.message, text: deed.text }
    case 'deletion':
      return { is: 'deletion', target: deed.of, entries: [] }
    case 'reaction':
      return { is: 'reaction', target: deed.of, emoji: deed.emoji, isOff: deed.isOff }
  }
}

function newId(): MessageId {
  return messageId(new Uint8Array(randomBytes(16)))
}

const mostRooms = 2
const emojis = ['👍', '🎉', '❤️'] as const
