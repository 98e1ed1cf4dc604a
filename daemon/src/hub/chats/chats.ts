import type { Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { ChatState, ControlRequests, ConversationInfo } from '../../protocol/control.ts'
import { type ConversationId, conversationId } from '../../protocol/ids.ts'
import type { Circles } from '../circles.ts'
import { checkPosition } from '../conversations/keys.ts'
import { lineOf } from '../conversations/line.ts'
import type { HubNews } from '../news.ts'
import { ChatRows } from './chat-rows.ts'
import { OpenChats } from './open-chats.ts'
import { RowSaver } from './row-saver.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

export interface ChatsOptions {
  /** Whose chats they are. */
  readonly circles: Pick<Circles, 'find' | 'of' | 'summary'>
  readonly tell: (news: HubNews) => void
}

/** What is stored of chats. */
export interface ChatStore {
  readonly saver: RowSaver
  readonly rows: ChatRows
  readonly open: OpenChats
}

/** @throws ParleyError `damaged-data` when a row cannot be read */
export async function openChatStore(storage: Storage): Promise<ChatStore> {
  const saver = new RowSaver(storage)
  return { saver, rows: await ChatRows.open(storage, saver), open: await OpenChats.open(storage, saver) }
}

/** What the hub keeps of chats for front ends: each method is the request of the control API of the same name. */
export class Chats {
  readonly #saver: RowSaver
  readonly #rows: ChatRows
  readonly #open: OpenChats
  readonly #options: ChatsOptions

  constructor({ saver, rows, open }: ChatStore, options: ChatsOptions) {
    this.#saver = saver
    this.#rows = rows
    this.#open = open
    this.#options = options
  }

  /** Chats that have, or had since the start, something being written. */
  get drafted(): ReadonlySet<ConversationId> {
    return this.#rows.drafted
  }

  /** What a list shows of what is kept. */
  shown(conversation: ConversationId): Pick<ConversationInfo, 'muted' | 'draft'> {
    const { muted, draft } = this.#rows.get(conversation)
    return { muted, draft: lineOf(draft) }
  }

  async openChat(params: Params<'openChat'>): Result<'openChat'> {
    const { circle, conversation: id } = await this.#options.circles.find(params.with)
    const conversation = this.#known(id)
    const firstUnread = circle.firstUnread(id)
    return { conversation, ...this.#state(id), ...(firstUnread === undefined ? {} : { firstUnread }) }
  }

  /** `by`: who saves, for those who are told. */
  async saveChat(params: Params<'saveChat'>, by?: object): Result<'saveChat'> {
    const id = conversationId(params.conversation)
    const { draft, muted } = this.#known(id)
    const { scroll } = params
    if (scroll) checkPosition(scroll.position)
    if (params.draft !== undefined) checkDraft(params.draft)
    await this.#rows.change(id, {
      ...(params.draft === undefined ? {} : { draft: params.draft.toWellFormed() }),
      ...(scroll === undefined ? {} : { scroll }),
    })
    this.#options.tell({ chat: { conversation: id, state: this.#state(id), by } })
    this.#tellShown(id, { draft, muted })
    return {}
  }

  async markRead(params: Params<'markRead'>): Result<'markRead'> {
    checkPosition(params.position)
    const { circle, conversation } = this.#options.circles.of(conversationId(params.conversation))
    await circle.markRead(conversation, params.position)
    return {}
  }

  async setMuted(params: Params<'setMuted'>): Result<'setMuted'> {
    const id = conversationId(params.conversation)
    const before = this.#known(id)
    await this.#rows.change(id, { muted: params.muted })
    this.#tellShown(id, before)
    return {}
  }

  async saveOpenChats(params: Params<'saveOpenChats'>): Result<'saveOpenChats'> {
    await this.#open.save(
      params.place,
      params.conversations.map(id => conversationId(id)),
    )
    return {}
  }

  async openChats(params: Params<'openChats'>): Result<'openChats'> {
    return { conversations: this.#open.at(params.place) }
  }

  /** Writes what waits. */
  close(): Promise<void> {
    return this.#saver.close()
  }

  #known(id: ConversationId): ConversationInfo {
    const summary = this.#options.circles.summary(id)
    if (summary) return summary
    throw new ParleyError('usage', 'That chat is with nobody known here. Open it by the name of the person.')
  }

  #state(id: ConversationId): ChatState {
    const { draft, scroll } = this.#rows.get(id)
    return { draft, ...(scroll ? { scroll } : {}) }
  }

  #tellShown(id: ConversationId, before: Pick<ConversationInfo, 'muted' | 'draft'>): void {
    const { muted, draft } = this.shown(id)
    if (muted !== before.muted || draft !== before.draft) this.#options.tell({ conversation: id })
  }
}

function checkDraft(draft: string): void {
  if (Buffer.byteLength(draft) <= limits.text) return
  throw new ParleyError('bad-message', `A draft is kept up to ${limits.text / 1024} KiB, as a message is. Shorten it.`)
}
