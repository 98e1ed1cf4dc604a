import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { isLoopback, ports } from '../../protocol/addresses.ts'
import { isClaimable } from '../../protocol/classic-names.ts'
import type { DirectInfo, MessageInfo, PersonInfo } from '../../protocol/control.ts'
import { type ConversationId, classicConversationId, type MessageId, type UserId } from '../../protocol/ids.ts'
import { foldAlias } from '../../protocol/names.ts'
import { type BlockKey, blockedByOneself, classicBlock } from '../blocks.ts'
import type { Circle, Draft, Page } from '../circle.ts'
import type { HistoryRange, StoredMessage } from '../conversations/types.ts'
import type { Asked } from '../requests/requests.ts'
import { ClassicConversation, type ClassicShared } from './conversation.ts'
import { Courier } from './courier.ts'
import type { Brought } from './door.ts'
import { Heard } from './heard.ts'
import type { ClassicOptions } from './options.ts'
import { loadConversations, self } from './rows.ts'
import { isAllowed, notAllowed, readClassicTarget } from './target.ts'
import { Turns } from './turns.ts'
import { Waiting } from './waiting.ts'
import { fitting, nameOf, noUsername, onlyThere, ownPort, placeOf } from './words.ts'

/**
 * Classic clients, each by its address and the name that it claims: nobody vouches for either, and nothing is encrypted.
 * No hub turns to them by itself; a person opens them as what they are.
 */
export class ClassicCircle implements Circle {
  readonly handsOver = true
  readonly #options: ClassicOptions
  readonly #shared: ClassicShared
  readonly #waiting: Waiting
  readonly #conversations = new Map<ConversationId, ClassicConversation>()
  readonly #couriers = new Map<ConversationId, Courier>()
  readonly #turns = new Turns(limits.classicErrands)
  readonly #heard: Heard

  private constructor(options: ClassicOptions, waiting: Waiting) {
    const { storage, clock, requests, blocks, waits } = options
    this.#options = options
    this.#waiting = waiting
    const changed = (id: ConversationId) => this.#shownChanged(id)
    this.#heard = new Heard({ now: () => clock.physical(), changed, length: waits?.heard })
    this.#shared = { storage, clock, changed: (...change) => this.#changed(...change) }
    requests.serve('classic', {
      accept: asked => this.#accept(asked),
      blockKey: ({ id }) => classicBlock(id),
    })
    blocks.watch(key => {
      const prefix = classicBlock('' as ConversationId)
      if (key.startsWith(prefix)) this.#blockChanged(key.slice(prefix.length) as ConversationId)
    })
  }

  /** Reads what is stored, and goes on bringing what waits. @throws ParleyError `damaged-data` */
  static async open(options: ClassicOptions): Promise<ClassicCircle> {
    const { storage, requests } = options
    const waiting = await Waiting.open(storage)
    const circle = new ClassicCircle(options, waiting)
    for (const [id, stored] of await loadConversations(storage)) {
      circle.#conversations.set(id, new ClassicConversation(id, circle.#shared, stored))
    }
    await waiting.dropUnless(id => requests.get(id) !== undefined)
    return circle
  }

  get queued(): number {
    return [...this.#conversations.values()].reduce((sum, { summary }) => sum + summary.queued, 0)
  }

  /** Tries everyone for whom something waits, as at the start or in another network. */
  reachAll(): void {
    for (const conversation of this.#conversations.values())
      if (conversation.hasQueued) this.#courier(conversation).wake()
  }

  /** The team's list has changed for these users: some of them may stand for classic clients. */
  presence(users: ReadonlySet<UserId>): void {
    for (const conversation of this.#conversations.values()) {
      if (!users.has(conversation.user)) continue
      if (conversation.hasQueued && this.#listing(conversation)) this.#courier(conversation).wake()
      this.#shownChanged(conversation.id)
    }
  }

  /** Requests have been answered or have grown old: what was written with them goes. */
  requestsChanged(): void {
    const { requests, log } = this.#options
    const dropped = this.#waiting.dropUnless(id => requests.get(id) !== undefined)
    dropped.catch(error => log.error({ error }, 'What came with a chat request could not be dropped'))
  }

  /** The conversation with whoever is known by that name, the latest of several; or that is `NAME@ADDRESS`. */
  named(text: string): ConversationId | undefined {
    const at = text.lastIndexOf('@')
    if (at > 0) return this.#at(text.slice(at + 1).trim(), text.slice(0, at).trim())?.id
    const folded = foldAlias(text.trim())
    const known = [...this.#conversations.values()].filter(one => one.isStored && foldAlias(one.name) === folded)
    return known.sort((a, b) => b.summary.lastTime - a.summary.lastTime)[0]?.id
  }

  /**
   * Opens `classic:[NAME@]HOST[:PORT]`; without a name it is whoever is known there, if that is one.
   * @throws ParleyError `bad-address`, `bad-name`, `unreachable`, `unsupported` where classic is not allowed
   */
  async open(text: string): Promise<ConversationId> {
    const { name, address, port } = await readClassicTarget(text)
    this.#refuseAddress(address)
    const hasPort = port !== ports.peer
    const place = { host: address, port }
    if (this.#options.isOwnPort(place)) throw ownPort(place)
    const conversation = this.#opened(address, name === '' ? this.#onlyNameAt(address) : name)
    if (hasPort || conversation.port !== 0) await conversation.usePort(hasPort ? port : 0)
    return conversation.id
  }

  /** Opens somebody of the team's list. @throws ParleyError `unreachable`, `unsupported` */
  openListed({ name, address = '' }: PersonInfo): ConversationId {
    if (isLoopback(address) && !this.#options.isRegistryHere()) throw onlyThere(name)
    this.#refuseAddress(address)
    return this.#opened(address, name).id
  }

  /** What a connection from `address` has brought. Resolves once it is kept, or nothing of it is wanted. */
  async take(address: string, { is, name, text, message }: Brought): Promise<void> {
    const { log, policy, clock } = this.#options
    if (!isClaimable(name)) {
      log.debug({ address }, 'A classic client with an unusable name was ignored.')
      return
    }
    const known = this.#at(address, name)
    const id = known?.id ?? classicConversationId(address, name)
    if (this.#isBlocked(id)) return
    const isExpected = known?.isStored || this.#isAnswer(address)
    if (is === 'notify' && !isExpected) return
    if (!isExpected && (policy() === 'ask' || this.#isFull)) {
      return this.#request(known?.id ?? id, address, { is, name, text, message })
    }
    const conversation = this.#opened(address, name)
    if (is === 'message' && text !== '') await conversation.receive({ message, text, received: clock.physical() })
    else if (!conversation.isStored) await conversation.begin()
    this.#hear(conversation)
  }

  summary(id: ConversationId): DirectInfo | undefined {
    const conversation = this.#conversations.get(id)
    if (!conversation) return undefined
    return {
      conversation: id,
      kind: 'direct',
      person: this.#person(conversation),
      ...conversation.summary,
      linked: false,
      mentions: 0,
      ...this.#options.chats.shown(id),
    }
  }

  info(id: ConversationId): DirectInfo | undefined {
    const isListed = this.#conversations.get(id)?.isStored || this.#options.chats.drafted.has(id)
    return isListed ? this.summary(id) : undefined
  }

  listed(): DirectInfo[] {
    return [...this.#conversations.keys()].flatMap(id => this.info(id) ?? [])
  }

  blockKey(id: ConversationId): BlockKey | undefined {
    return this.#conversations.has(id) ? classicBlock(id) : undefined
  }

  firstUnread(id: ConversationId): string | undefined {
    return this.#conversations.get(id)?.firstUnread
  }

  /** @throws ParleyError `unsupported`, `blocked`, `bad-name` when one's own name does not fit, `storage` */
  async send(id: ConversationId, draft: Draft): Promise<MessageInfo> {
    const conversation = this.#get(id)
    this.#refuseAddress(conversation.address)
    if (this.#isBlocked(id)) throw blockedByOneself(nameOf(conversation))
    const { name } = this.#options.own()
    if (fitting(name) === undefined) throw noUsername(name)
    const place = placeOf(conversation)
    if (this.#options.isOwnPort(place)) throw ownPort(place)
    const stored = await conversation.send(draft)
    this.#courier(conversation).wake()
    return this.#message(conversation, stored)
  }

  async history(id: ConversationId, range: HistoryRange): Promise<Page> {
    const conversation = this.#get(id)
    const { messages, more } = await conversation.history(range)
    return { messages: messages.map(message => this.#message(conversation, message)), more }
  }

  async ownMessage(id: ConversationId, message: MessageId): Promise<MessageInfo | undefined> {
    const conversation = this.#get(id)
    const stored = await conversation.find(message)
    return stored && this.#message(conversation, stored)
  }

  markRead(id: ConversationId, position: string): Promise<void> {
    return this.#get(id).markRead(position)
  }

  async close(): Promise<void> {
    this.#heard.close()
    await Promise.all([...this.#couriers.values()].map(courier => courier.close()))
    await Promise.all([...this.#conversations.values()].map(conversation => conversation.close()))
  }

  /** A name is compared folded, as everywhere; a conversation keeps the form that was claimed first. */
  #at(address: string, name: string): ClassicConversation | undefined {
    const exact = this.#conversations.get(classicConversationId(address, name))
    if (exact) return exact
    const folded = foldAlias(name)
    return [...this.#conversations.values()].find(one => one.address === address && foldAlias(one.name) === folded)
  }

  /** The one name that is known at an address; else none. */
  #onlyNameAt(address: string): string {
    const names = [...this.#conversations.values()].filter(one => one.address === address && one.name !== '')
    return names.length === 1 ? (names[0]?.name ?? '') : ''
  }

  /** Somebody at that address was written to without knowing how they call themselves. */
  #isAnswer(address: string): boolean {
    return this.#conversations.get(classicConversationId(address, ''))?.isStored === true
  }

  #opened(address: string, name: string): ClassicConversation {
    const known = this.#at(address, name)
    if (known) return known
    const id = classicConversationId(address, name)
    const conversation = new ClassicConversation(id, this.#shared, { name, address })
    this.#forgetOpened()
    this.#conversations.set(id, conversation)
    return conversation
  }

  /** Whoever makes up names must not fill the home, even where everybody is accepted. */
  get #isFull(): boolean {
    return [...this.#conversations.values()].filter(({ isStored }) => isStored).length >= limits.strangersAccepted
  }

  /** What was only looked at is forgotten, the oldest first. */
  #forgetOpened(): void {
    if (this.#conversations.size < limits.classicOpened) return
    const { drafted } = this.#options.chats
    for (const [id, { isStored }] of this.#conversations) {
      if (isStored || drafted.has(id)) continue
      this.#conversations.delete(id)
      return
    }
  }

  async #request(id: ConversationId, address: string, brought: Brought): Promise<void> {
    const { requests, clock } = this.#options
    const { name, text, message } = brought
    await requests.add({ kind: 'classic', id, name, displayName: name, address })
    const waits = () => !this.#at(address, name)?.isStored
    // Declined lately, or one of too many: nothing is kept of it.
    if (waits() && (text === '' || requests.get(id) === undefined)) return
    if (await this.#waiting.add(id, { message, text, received: clock.physical() }, waits)) return
    // Accepted while this was on its way.
    await requests.forget(id)
    await this.take(address, brought)
  }

  async #accept({ id, address, name }: Asked<'classic'>): Promise<DirectInfo> {
    const conversation = this.#opened(address, name)
    await this.#waiting.take(id, (messages, gone) => conversation.begin(messages, gone))
    const summary = this.summary(conversation.id)
    if (summary) return summary
    throw new ParleyError('internal', 'The conversation that was begun cannot be found.')
  }

  #person(conversation: ClassicConversation): PersonInfo {
    const { id, user, address } = conversation
    const name = nameOf(conversation)
    const { status, since } = this.#standing(conversation)
    const isBlocked = this.#isBlocked(id) && { isBlocked: true as const }
    return { user, name, displayName: name, status, since, via: 'classic', address, ...isBlocked }
  }

  #standing(conversation: ClassicConversation): Pick<PersonInfo, 'status' | 'since'> {
    const listing = this.#listing(conversation)
    return listing ?? this.#heard.standing(conversation.id)
  }

  /** The row of the team's list that stands for this client. */
  #listing({ user, address }: ClassicConversation): PersonInfo | undefined {
    const listed = this.#options.online(user)
    return listed?.via === 'classic' && listed.address === address ? listed : undefined
  }

  /** Something came from the client, or it took something: it is there. */
  #hear(conversation: ClassicConversation): void {
    this.#heard.hear(conversation.id)
    if (conversation.hasQueued) this.#courier(conversation).wake()
  }

  #shownChanged(id: ConversationId): void {
    if (this.info(id)) this.#options.tell({ conversation: id })
  }

  #courier(conversation: ClassicConversation): Courier {
    const { id } = conversation
    const known = this.#couriers.get(id)
    if (known) return known
    const { log, mode, waits } = this.#options
    const courier = new Courier({
      conversation,
      to: () => placeOf(conversation),
      username: () => {
        const mayWrite = isAllowed(mode, conversation.address) && !this.#isBlocked(id)
        return mayWrite ? fitting(this.#options.own().name) : undefined
      },
      turn: signal => this.#turns.take(signal),
      reached: () => this.#hear(conversation),
      log,
      ...(waits?.retry && { retry: waits.retry }),
      ...(waits?.handOver !== undefined && { deadline: waits.handOver }),
    })
    this.#couriers.set(id, courier)
    return courier
  }

  #refuseAddress(address: string): void {
    const { mode } = this.#options
    if (!isAllowed(mode, address)) throw notAllowed(mode, address)
  }

  #isBlocked(id: ConversationId): boolean {
    return this.#options.blocks.has(classicBlock(id))
  }

  #blockChanged(id: ConversationId): void {
    const conversation = this.#conversations.get(id)
    if (!conversation) return
    if (!this.#isBlocked(id) && conversation.hasQueued) this.#courier(conversation).wake()
    this.#shownChanged(id)
  }

  #get(id: ConversationId): ClassicConversation {
    const conversation = this.#conversations.get(id)
    if (conversation) return conversation
    throw new ParleyError('usage', 'That chat is with nobody known here. Open it by the name of the person.')
  }

  #message(conversation: ClassicConversation, stored: StoredMessage): MessageInfo {
    const own = this.#options.own()
    const { mine } = stored
    const user = mine ? (own.user ?? self) : stored.user
    const { message, text, written, state, position } = stored
    const name = mine ? (own.name ?? '') : nameOf(conversation)
    const base = { conversation: conversation.id, message, user, name, mine, text, written, position }
    return { ...base, ...(state && { state }) }
  }

  #changed(
    conversation: ClassicConversation,
    messages: readonly StoredMessage[],
    arrived: readonly StoredMessage[],
  ): void {
    const { tell, own } = this.#options
    const { id } = conversation
    const told = messages.map(message => this.#message(conversation, message))
    tell({ conversation: id, ...(told.length > 0 && { messages: { conversation: id, messages: told } }) })
    const last = arrived.at(-1)
    if (last)
      this.#options.chats.arrived(
        id,
        last.written,
        arrived.map(message => this.#message(conversation, message)),
      )
    const info = last && this.info(id)
    // Whoever is busy is not disturbed; the count of what is unread tells of it.
    if (!info || info.muted || own().isBusy) return
    tell({ arrived: { conversation: id, person: info.person, messages: told.filter(({ mine }) => !mine) } })
  }
}
