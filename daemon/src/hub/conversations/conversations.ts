import type { Log, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { type Act, type Content, checkContent, type MessageName } from '../../protocol/bodies.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import {
  type ConversationId,
  type DeviceId,
  directConversationId,
  type MessageId,
  messageId,
  toText,
  type UserId,
  userId,
} from '../../protocol/ids.ts'
import type { Resumed } from '../../protocol/parley_pb.ts'
import type { AttachedLink, Conversations } from './api.ts'
import { Conversation } from './conversation.ts'
import { DirectMembers } from './direct-members.ts'
import type { Draft } from './draft.ts'
import { checkRange } from './history.ts'
import type { Place } from './keys.ts'
import type { LettingGo } from './letting-go.ts'
import type { Mail } from './mail.ts'
import { Mailing } from './mailing.ts'
import type { Keyring, Members, MembershipEntry, Rooms } from './members.ts'
import { mayBeInvited } from './membership/invitations.ts'
import { nameOfRow } from './rows.ts'
import { sealFounding } from './seal.ts'
import type { Guard, Shared } from './shared.ts'
import { kinds, loadStates, type MembersOf, type State } from './state.ts'
import { Arrivals } from './sync/arrivals.ts'
import { Links } from './sync/links.ts'
import type { Begun, SyncHost } from './sync/sync-host.ts'
import type {
  Account,
  ConversationChange,
  ConversationSummary,
  HistoryPage,
  HistoryRange,
  Outgoing,
  Peer,
  PeerLink,
  ReachedBy,
  Restored,
  RestoredCount,
  RoomSummary,
  StoredMessage,
} from './types.ts'

export type * from './api.ts'
export type * from './types.ts'

/** Opens the conversations of an account: reads a few rows of each, and no message. */
export async function openConversations(options: {
  readonly storage: Storage
  readonly account: Account
  readonly clock: HybridClock
  readonly log: Log
  /** The keys of everybody's devices, one's own included. */
  readonly keyring: Keyring
  /** Makes the members of rooms. Absent: there are no rooms. */
  readonly rooms?: Rooms
  readonly guard?: Guard | undefined
  /** Whether somebody is blocked. Absent: nobody is. */
  readonly blocked?: NonNullable<Shared['blocked']>
  /** ms between offers of what others have written. */
  readonly offerPause?: number
  /** Whether one lets others know how far one has read. Absent: yes. */
  readonly areReceiptsOn?: () => boolean
}): Promise<Conversations> {
  const { storage, account, keyring, rooms } = options
  const membersOf: MembersOf = (id, row, held) => {
    // Rooms of another account are looked at there.
    if (row.kind === kinds.room) return rooms?.membersOf(id, held, keyring) ?? new DirectMembers(new Set(), keyring)
    return new DirectMembers(new Set([account.user, userId(row.user)]), keyring).with(held)
  }
  const states = await loadStates(storage, membersOf)
  let last = 0
  for (const { logs } of states.values()) for (const { arrival } of logs.values()) last = Math.max(last, arrival)
  const arrivals = await Arrivals.open(storage, last)
  return new OpenConversations({ ...options, membersOf, arrivals }, states, options.offerPause)
}

class OpenConversations implements Conversations {
  readonly mail: Mail
  readonly #shared: Shared
  readonly #conversations = new Map<ConversationId, Conversation>()
  readonly #ids = new Map<UserId, ConversationId>()
  readonly #listeners = new Set<(change: ConversationChange) => void>()
  #isClosed = false

  readonly #syncHost: SyncHost

  constructor(
    options: Omit<Shared, 'changed' | 'links'> & { readonly rooms?: Rooms },
    states: ReadonlyMap<ConversationId, State>,
    offerPause?: number,
  ) {
    this.#shared = { ...options, links: new Links(offerPause), changed: change => this.#changed(change) }
    const conversations = this.#conversations
    this.#syncHost = {
      ...options,
      get: id => conversations.get(id),
      stored: () => [...conversations.values()].filter(({ isStored }) => isStored),
      meet: (id, link, told) => this.#meet(id, link, told),
      begin: (room, entries) => this.#beginRoom(room, entries),
    }
    this.mail = new Mailing(this.#syncHost, this.#shared.links)
    for (const [id, state] of states) {
      if (toText(state.row.registry) !== options.account.registry) continue
      const { kind, user, name, displayName } = state.row
      const peer = kind === kinds.direct ? { user: userId(user), name, displayName } : undefined
      this.#conversations.set(id, new Conversation(id, this.#shared, peer, state))
    }
  }

  async send({ peer, ...content }: Outgoing): Promise<StoredMessage> {
    checkContent(content)
    if (peer.user === this.#shared.account.user) {
      throw new ParleyError('usage', 'You cannot send a message to yourself. Choose somebody else.')
    }
    if (this.#isClosed) throw new ParleyError('closed', 'The hub is stopping; the message was not stored.')
    return this.#with(peer).send(wellFormed(content))
  }

  async sendTo(conversation: ConversationId, content: Content): Promise<StoredMessage> {
    checkContent(content)
    this.#checkOpen()
    return this.#known(conversation).send(wellFormed(content))
  }

  async found(body: Uint8Array): Promise<ConversationId> {
    this.#checkOpen()
    const founding = sealFounding(this.#shared, body)
    const id = founding.header.conversation
    const conversation = new Conversation(id, this.#shared, undefined)
    this.#conversations.set(id, conversation)
    try {
      await conversation.change(draft => draft.link(founding))
      return id
    } catch (error) {
      if (!conversation.isStored) this.#conversations.delete(id)
      throw error
    }
  }

  async enact(
    conversation: ConversationId,
    kind: number,
    body: Uint8Array,
    rights?: readonly Uint8Array[],
  ): Promise<Uint8Array> {
    this.#checkOpen()
    return (await this.#known(conversation).enact(kind, body, rights)).hash
  }

  membersOf(conversation: ConversationId): Members | undefined {
    return this.#conversations.get(conversation)?.members
  }

  headsOf(conversation: ConversationId): ReadonlyMap<DeviceId, readonly Place[]> {
    const logs = this.#conversations.get(conversation)?.state.logs ?? new Map()
    return new Map([...logs].map(([device, { heads }]) => [device, heads]))
  }

  async act(conversation: ConversationId, said: Act): Promise<void> {
    if (this.#isClosed) throw new ParleyError('closed', 'The hub is stopping; nothing was changed.')
    const { written } = said
    await this.#known(conversation).act({ ...said, written: Math.max(0, Math.floor(written)) })
  }

  async restore(id: ConversationId, peer: Peer | undefined, messages: readonly Restored[]): Promise<RestoredCount> {
    this.#checkOpen()
    const isItsOwn = peer !== undefined && this.#idWith(peer.user) === id && !this.#conversations.has(id)
    const conversation = isItsOwn ? this.#with(peer) : this.#known(id)
    const count = { messages: 0, known: 0, dropped: 0 }
    await Promise.all(
      messages.map(({ row, position }) => {
        const name = { user: userId(row.user), message: messageId(row.message) }
        let is: keyof RestoredCount = 'known'
        const apply = (draft: Draft) => {
          is = draft.timeline.restore(row, position)
        }
        return conversation.change(apply, { names: [name, ...repliesOf(row)] }).then(() => {
          count[is]++
        })
      }),
    )
    return count
  }

  lettingGo(conversation: ConversationId): LettingGo | undefined {
    return this.#isClosed ? undefined : this.#conversations.get(conversation)?.lettingGo
  }

  attach(link: PeerLink): AttachedLink {
    const { account } = this.#shared
    const mayExchange = link.registry === account.registry && link.device !== account.device && link.clockApart !== true
    if (!mayExchange || this.#isClosed || link.signal.aborted) return { event: async () => undefined }
    const known = this.#conversations.get(this.#idWith(link.user))
    if (known?.peer) known.rename(peerOf(link, known.peer))
    const sync = this.#shared.links.attach(this.#syncHost, link)
    let turn = Promise.resolve()
    return {
      event: is => {
        turn = turn.then(() => (this.#isClosed ? undefined : sync.event(is)))
        return turn
      },
    }
  }

  async history(conversation: ConversationId, range: HistoryRange): Promise<HistoryPage> {
    checkRange(range)
    return (await this.#conversations.get(conversation)?.history(range)) ?? { messages: [], more: false }
  }

  async markRead(conversation: ConversationId, position: string): Promise<void> {
    await this.#conversations.get(conversation)?.markRead(position)
  }

  async find(conversation: ConversationId, message: MessageId, user?: UserId): Promise<StoredMessage | undefined> {
    return this.#conversations.get(conversation)?.find(message, user)
  }

  async reached(conversation: ConversationId, message: MessageId): Promise<ReadonlyMap<UserId, ReachedBy>> {
    const known = this.#known(conversation)
    const found = await known.find(message)
    if (found) return known.progress.at(found.position)
    throw new ParleyError('bad-message', 'There is no such message of yours in this conversation.')
  }

  list(): ConversationSummary[] {
    return this.#stored().filter(summary => summary.kind === 'direct')
  }

  rooms(): RoomSummary[] {
    return this.#stored().filter(summary => summary.kind === 'room')
  }

  room(conversation: ConversationId): RoomSummary | undefined {
    const summary = this.#conversations.get(conversation)?.summary
    return summary?.kind === 'room' ? summary : undefined
  }

  get(conversation: ConversationId): ConversationSummary | undefined {
    const summary = this.#conversations.get(conversation)?.summary
    return summary?.kind === 'direct' ? summary : undefined
  }

  watch(listener: (change: ConversationChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  lacking(user: UserId, device?: DeviceId): boolean {
    if (user === this.#shared.account.user) return false
    return this.#conversations.get(this.#idWith(user))?.isLacking(device) ?? false
  }

  learnt(user: UserId): void {
    for (const conversation of this.#conversations.values()) {
      if (conversation.isStored && conversation.members.named.has(user)) {
        conversation.reception.takeHeld()
        this.#shared.links.compare(conversation)
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#shared.links.close()
    await Promise.all([...this.#conversations.values()].map(conversation => conversation.close()))
    this.#listeners.clear()
  }

  /** The direct conversation that a peer means by an id: theirs with us, or between one's own devices one with somebody. */
  #meet(id: ConversationId, link: Called, told?: Resumed): Conversation | undefined {
    const { account } = this.#shared
    if (link.user !== account.user) return id === this.#idWith(link.user) ? this.#with(peerOf(link)) : undefined
    if (told === undefined || told.with.length !== 16) return undefined
    const user = userId(told.with)
    const peer = { user, name: told.name, displayName: told.displayName }
    return user !== account.user && id === this.#idWith(user) ? this.#with(peer) : undefined
  }

  async #beginRoom(id: ConversationId, entries: readonly MembershipEntry[]): Promise<Begun> {
    const { account } = this.#shared
    const conversation = this.#conversations.get(id) ?? new Conversation(id, this.#shared, undefined)
    const members = conversation.members.with(entries)
    if (!members.entries.has(id) || members.sharesWith(account.user) === 'nothing') return undefined
    const isNew = !this.#conversations.has(id)
    if (isNew && !mayBeInvited(id, members, account.user, this.#conversations.values())) return 'full'
    this.#conversations.set(id, conversation)
    await conversation.admit(entries)
    return conversation
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ParleyError('closed', 'The hub is stopping; nothing was stored.')
  }

  #stored(): (ConversationSummary | RoomSummary)[] {
    const stored = [...this.#conversations.values()].filter(({ isStored }) => isStored)
    return stored.map(({ summary }) => summary).sort((a, b) => b.lastTime - a.lastTime)
  }

  #known(id: ConversationId): Conversation {
    const known = this.#conversations.get(id)
    if (known !== undefined) return known
    throw new ParleyError('bad-message', 'Nothing was written in that chat yet.')
  }

  /** The conversation with `peer`, new when there is none; it counts once something is committed. */
  #with(peer: Peer): Conversation {
    const id = this.#idWith(peer.user)
    const known = this.#conversations.get(id)
    if (known !== undefined) {
      known.rename(peer)
      return known
    }
    const conversation = new Conversation(id, this.#shared, peer)
    this.#conversations.set(id, conversation)
    return conversation
  }

  /** The id of the conversation with `user`, computed once: it is asked for with every message. */
  #idWith(user: UserId): ConversationId {
    const { registry, user: own } = this.#shared.account
    const id = this.#ids.get(user) ?? directConversationId(registry, own, user)
    this.#ids.set(user, id)
    return id
  }

  #changed(change: ConversationChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#shared.log.error({ error, conversation: change.conversation }, 'A listener of conversations has failed.')
      }
    }
  }
}

/** The message that one answers. */
function repliesOf({ replyTo }: Restored['row']): MessageName[] {
  return replyTo ? [nameOfRow(replyTo)] : []
}

type Called = Pick<PeerLink, 'user' | 'name' | 'displayName'>

/** The other side of a link, as it is called now or was before. */
function peerOf({ user, name, displayName }: Called, before?: Peer): Peer {
  const called = name ?? before?.name ?? ''
  return { user, name: called, displayName: displayName ?? before?.displayName ?? called }
}

function wellFormed(content: Content): Content {
  return { ...content, written: Math.max(0, Math.floor(content.written)), text: content.text.toWellFormed() }
}
