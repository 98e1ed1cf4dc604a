import type { KeyObject } from 'node:crypto'
import type { Log, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { checkText } from '../../protocol/bodies.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import {
  type ConversationId,
  type DeviceId,
  directConversationId,
  type MessageId,
  toText,
  type UserId,
  userId,
} from '../../protocol/ids.ts'
import { publicKeyOf } from '../../protocol/keys.ts'
import type { Event } from '../../protocol/parley_pb.ts'
import { Conversation, type Shared } from './conversation.ts'
import { loadStates, type State } from './state.ts'
import type {
  Account,
  ConversationChange,
  ConversationSummary,
  HistoryPage,
  HistoryRange,
  Outgoing,
  Peer,
  PeerLink,
  StoredMessage,
} from './types.ts'

export type * from './types.ts'

/** The conversations of one account. */
export interface Conversations {
  /**
   * Commits a message, in its place in the log when the other's device is linked, else in the outbox. The same message
   * id again gives the message as it stands. Throws `bad-message`, `usage`, `storage`, `busy` or `closed`.
   */
  send(outgoing: Outgoing): Promise<StoredMessage>
  /** Keeps the conversation with that user in step over this link until it is closed. */
  attach(link: PeerLink): AttachedLink
  /** A page of a conversation, oldest first; empty for one that is not known. Throws `usage`. */
  history(conversation: ConversationId, range: HistoryRange): Promise<HistoryPage>
  /** Everything up to that position is read: never goes back. Resolves once that is committed. Throws `usage`. */
  markRead(conversation: ConversationId, position: string): Promise<void>
  /** One's own message as it stands; undefined when there is none. */
  find(conversation: ConversationId, message: MessageId): Promise<StoredMessage | undefined>
  /** All conversations, the latest first. */
  list(): ConversationSummary[]
  get(conversation: ConversationId): ConversationSummary | undefined
  /** Tells each change once it is committed; returns what ends it. */
  watch(listener: (change: ConversationChange) => void): () => void
  /** Whether that device of a user has not committed all that was said to them; without one, whether none has. */
  lacking(user: UserId, device?: DeviceId): boolean
  /** Finishes what is being written; what waits is refused with `closed`. */
  close(): Promise<void>
}

export interface AttachedLink {
  /** Takes an event of the link in; waiting for it before the next one bounds what a peer can make this side hold. */
  event(is: Event['is']): Promise<void>
}

/** Opens the conversations of an account: reads a few rows of each, and no message. */
export async function openConversations(options: {
  readonly storage: Storage
  readonly account: Account
  readonly clock: HybridClock
  readonly log: Log
}): Promise<Conversations> {
  const states = await loadStates(options.storage, options.account)
  return new OpenConversations({ ...options, ownKey: publicKeyOf(options.account.spki) }, states)
}

class OpenConversations implements Conversations {
  readonly #shared: Shared
  readonly #conversations = new Map<ConversationId, Conversation>()
  readonly #ids = new Map<UserId, ConversationId>()
  readonly #listeners = new Set<(change: ConversationChange) => void>()
  #isClosed = false

  constructor(options: Omit<Shared, 'changed'>, states: ReadonlyMap<ConversationId, State>) {
    this.#shared = { ...options, changed: change => this.#changed(change) }
    for (const [id, state] of states) {
      if (toText(state.row.registry) !== options.account.registry) continue
      const { user, name, displayName } = state.row
      const peer = { user: userId(user), name, displayName }
      this.#conversations.set(id, new Conversation(id, this.#shared, peer, state))
    }
  }

  async send({ peer, text, message, written }: Outgoing): Promise<StoredMessage> {
    checkText(text)
    if (peer.user === this.#shared.account.user) {
      throw new ParleyError('usage', 'You cannot send a message to yourself. Choose somebody else.')
    }
    if (this.#isClosed) throw new ParleyError('closed', 'The hub is stopping; the message was not stored.')
    return this.#with(peer).send({ message, written: Math.max(0, Math.floor(written)), text: text.toWellFormed() })
  }

  attach(link: PeerLink): AttachedLink {
    const { account } = this.#shared
    const mayExchange = link.registry === account.registry && link.user !== account.user && link.clockApart !== true
    if (!mayExchange || this.#isClosed || link.signal.aborted) return { event: async () => undefined }
    const known = this.#conversations.get(this.#idWith(link.user))?.peer
    const name = link.name ?? known?.name ?? ''
    const conversation = this.#with({
      user: link.user,
      name,
      displayName: link.displayName ?? known?.displayName ?? name,
    })
    const keys = new Map<DeviceId, KeyObject>()
    for (const [device, spki] of link.keys) keys.set(device, publicKeyOf(spki))
    const session = conversation.attach(link, keys)
    const detach = () => {
      session.close()
      conversation.detach(session)
      if (!conversation.isStored && !conversation.isLacking && conversation.sessions.size === 0) {
        this.#conversations.delete(conversation.id)
      }
    }
    link.signal.addEventListener('abort', detach, { once: true })
    let turn = Promise.resolve()
    return {
      event: is => {
        turn = turn.then(() => (this.#isClosed ? undefined : session.event(is)))
        return turn
      },
    }
  }

  async history(conversation: ConversationId, range: HistoryRange): Promise<HistoryPage> {
    return (await this.#conversations.get(conversation)?.history(range)) ?? { messages: [], more: false }
  }

  async markRead(conversation: ConversationId, position: string): Promise<void> {
    await this.#conversations.get(conversation)?.markRead(position)
  }

  async find(conversation: ConversationId, message: MessageId): Promise<StoredMessage | undefined> {
    return this.#conversations.get(conversation)?.find(message)
  }

  list(): ConversationSummary[] {
    const stored = [...this.#conversations.values()].filter(({ isStored }) => isStored)
    return stored.map(({ summary }) => summary).sort((a, b) => b.lastTime - a.lastTime)
  }

  get(conversation: ConversationId): ConversationSummary | undefined {
    return this.#conversations.get(conversation)?.summary
  }

  watch(listener: (change: ConversationChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  lacking(user: UserId, device?: DeviceId): boolean {
    if (user === this.#shared.account.user) return false
    return this.#conversations.get(this.#idWith(user))?.isLacking(device) ?? false
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#conversations.values()].map(conversation => conversation.close()))
    this.#listeners.clear()
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
