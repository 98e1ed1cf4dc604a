import type { Log, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { MessageName } from '../../protocol/bodies.ts'
import { type HybridClock, msOf } from '../../protocol/clock.ts'
import type { ChatState, ControlRequests, ConversationInfo, MessageInfo } from '../../protocol/control.ts'
import { type ConversationId, conversationId, type DeviceId } from '../../protocol/ids.ts'
import type { ReadMap } from '../../protocol/marks.ts'
import type { Event } from '../../protocol/parley_pb.ts'
import type { Blocks } from '../blocks.ts'
import type { Circles } from '../circles.ts'
import { checkPosition } from '../conversations/keys.ts'
import { lineOf } from '../conversations/line.ts'
import type { HubNews } from '../news.ts'
import { type ChatPatch, ChatRows, ofAccount } from './chat-rows.ts'
import { DroppedMessages } from './dropped.ts'
import { OpenChats } from './open-chats.ts'
import { type OwnLink, OwnStates } from './own-state.ts'
import { about, type KeptRegister } from './registers.ts'
import { RowSaver } from './row-saver.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

export interface ChatsOptions {
  /** Whose chats they are. */
  readonly circles: Pick<Circles, 'find' | 'of' | 'summary' | 'isShared'>
  readonly clock: HybridClock
  /** Whom one talks to no more. */
  readonly blocks: Pick<Blocks, 'registers' | 'merge' | 'share'>
  /** The device of this home. */
  readonly device: DeviceId
  readonly tell: (news: HubNews) => void
  /** Told of what others have written, once it is committed. */
  readonly came?: (messages: readonly MessageInfo[]) => void
  readonly log: Log
}

/** What lists show of what is kept of a chat. */
type Shown = Pick<ConversationInfo, 'muted' | 'draft' | 'archived' | 'pinned' | 'isMarkedUnread' | 'retention'>

/** What is stored of chats. */
export interface ChatStore {
  readonly saver: RowSaver
  readonly rows: ChatRows
  readonly open: OpenChats
  readonly dropped: DroppedMessages
}

/** @throws ParleyError `damaged-data` when a row cannot be read */
export async function openChatStore(storage: Storage): Promise<ChatStore> {
  const saver = new RowSaver(storage)
  const rows = await ChatRows.open(storage, saver)
  const open = await OpenChats.open(storage, saver)
  return { saver, rows, open, dropped: await DroppedMessages.open(storage, saver) }
}

/** What circles need of it. */
export type KeptChats = Pick<Chats, 'shown' | 'drafted' | 'arrived' | 'areReceiptsOn' | 'attachOwn'>

/** What the hub keeps of chats for front ends: each method is the request of the control API of the same name. */
export class Chats {
  readonly #saver: RowSaver
  readonly #rows: ChatRows
  readonly #open: OpenChats
  readonly #dropped: DroppedMessages
  readonly #options: ChatsOptions
  readonly #own: OwnStates

  constructor({ saver, rows, open, dropped }: ChatStore, options: ChatsOptions) {
    this.#saver = saver
    this.#rows = rows
    this.#open = open
    this.#dropped = dropped
    this.#options = options
    this.#own = new OwnStates({
      registers: () => [...rows.registers(), ...dropped.registers(), ...options.blocks.registers()],
      register: (conversation, kind) => rows.register(conversation, kind),
      merge: registers => this.#merge(registers),
      isShared: conversation => conversation === ofAccount || options.circles.isShared(conversation),
      clock: options.clock,
      log: options.log,
    })
    options.blocks.share(register => this.#own.changed([register]))
  }

  /** Chats that have, or had since the start, something being written. */
  get drafted(): ReadonlySet<ConversationId> {
    return this.#rows.drafted
  }

  /** What a list shows of what is kept. */
  shown(conversation: ConversationId): Shown {
    const { muted, draft, archived, pinned, unread } = this.#rows.get(conversation)
    const retention = this.retention(conversation)
    return {
      muted,
      draft: lineOf(draft),
      ...(archived && { archived }),
      ...(pinned && { pinned }),
      ...(unread !== '' && { isMarkedUnread: true as const }),
      ...(retention === undefined ? {} : { retention }),
    }
  }

  /** Days after which messages of a chat are dropped; undefined: never. */
  retention(conversation: ConversationId): number | undefined {
    const days = Number(this.#rows.get(conversation).retention)
    return Number.isInteger(days) && days >= 1 && days <= limits.retentionDays ? days : undefined
  }

  /** The chats whose messages are dropped after some days. */
  get retained(): readonly ConversationId[] {
    return this.#rows.retained
  }

  /** What was let go of on any of one's own devices, and may still be here. */
  get letGo(): ReadonlyMap<ConversationId, LetGo> {
    const dropped = this.#dropped.waiting
    const all = new Set([...dropped.keys(), ...this.#rows.floored])
    return new Map([...all].map(id => [id, { floors: this.#rows.floors(id), dropped: dropped.get(id) ?? [] }]))
  }

  /** A message is to be shown no more, on all of one's own devices. Throws `bad-message`, `storage`. */
  async drop(conversation: ConversationId, name: MessageName): Promise<void> {
    const { clock, device } = this.#options
    this.#own.changed(await this.#dropped.add(conversation, name, { time: clock.next(), device }))
  }

  /** Those are shown here no more. */
  dropped(conversation: ConversationId, names: readonly MessageName[]): Promise<void> {
    return this.#dropped.applied(conversation, names)
  }

  /** Nothing up to these places of the logs is to be shown any more, on all of one's own devices. */
  async raiseFloors(conversation: ConversationId, floors: ReadMap): Promise<void> {
    this.#own.changed(await this.#rows.raiseFloors(conversation, floors))
  }

  /** On all of one's own devices. */
  async setRetention({ conversation, days }: Params<'setRetention'>): Result<'setRetention'> {
    return this.#changeKnown(conversation, { retention: days === null ? '' : String(days) })
  }

  /** Keeps another device of one's own in step over this link until it is closed; gives what takes its events. */
  attachOwn(link: OwnLink): { event(is: Event['is']): Promise<void> } {
    return this.#own.attach(link)
  }

  /** Whether others are told what one has read, and one is shown what they have. */
  get areReceiptsOn(): boolean {
    return !this.#rows.areReceiptsOff
  }

  /** Messages of somebody else have come, the last of them written at `time` (ms since 1970): an archived chat comes back. */
  arrived(id: ConversationId, time: number, messages: readonly MessageInfo[]): void {
    this.#options.came?.(messages)
    const { archived, muted } = this.#rows.get(id)
    const since = this.#rows.register(id, about.archived)?.time ?? 0n
    if (!archived || muted || time < msOf(since)) return
    this.#change(id, { archived: false }).catch(error => {
      this.#options.log.warn(
        { error, conversation: id },
        'An archived chat with a new message could not be brought back.',
      )
    })
  }

  async openChat(params: Params<'openChat'>): Result<'openChat'> {
    const { circle, conversation: id } = await this.#options.circles.find(params.with)
    const conversation = this.#known(id)
    const firstUnread = earlier(this.#rows.get(id).unread, circle.firstUnread(id))
    return { conversation, ...this.#state(id), ...(firstUnread === undefined ? {} : { firstUnread }) }
  }

  /** `by`: who saves, for those who are told. */
  async saveChat(params: Params<'saveChat'>, by?: object): Result<'saveChat'> {
    const id = conversationId(params.conversation)
    this.#known(id)
    const { scroll, draft } = params
    if (scroll) checkPosition(scroll.position)
    if (draft !== undefined) checkDraft(draft)
    const before = this.shown(id)
    await Promise.all([
      draft === undefined ? undefined : this.#set(id, { draft: draft.toWellFormed() }),
      scroll === undefined ? undefined : this.#rows.scroll(id, scroll),
    ])
    this.#options.tell({ chat: { conversation: id, state: this.#state(id), by } })
    this.#tellShown(id, before)
    return {}
  }

  async markRead(params: Params<'markRead'>): Result<'markRead'> {
    checkPosition(params.position)
    const { circle, conversation } = this.#options.circles.of(conversationId(params.conversation))
    await circle.markRead(conversation, params.position)
    return this.#change(conversation, { unread: '' })
  }

  /** Shows it as unread, from a position on where one is given, until it is read again; messages stay read. */
  async markUnread(params: Params<'markUnread'>): Result<'markUnread'> {
    const { position } = params
    if (position !== undefined) checkPosition(position)
    return this.#changeKnown(params.conversation, { unread: position ?? '1' })
  }

  async setMuted({ conversation, muted }: Params<'setMuted'>): Result<'setMuted'> {
    return this.#changeKnown(conversation, { muted })
  }

  async setArchived({ conversation, archived }: Params<'setArchived'>): Result<'setArchived'> {
    return this.#changeKnown(conversation, { archived })
  }

  async setPinned({ conversation, pinned }: Params<'setPinned'>): Result<'setPinned'> {
    return this.#changeKnown(conversation, { pinned })
  }

  /** Of all that one talks to, on all of one's own devices. */
  async setReceipts({ receipts }: Params<'setReceipts'>): Result<'setReceipts'> {
    await this.#set(ofAccount, { receiptsOff: !receipts })
    this.#options.tell({ accounts: true })
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
    this.#own.close()
    return this.#saver.close()
  }

  #changeKnown(conversation: string, patch: ChatPatch): Promise<Record<string, never>> {
    const id = conversationId(conversation)
    this.#known(id)
    return this.#change(id, patch)
  }

  async #change(id: ConversationId, patch: ChatPatch): Promise<Record<string, never>> {
    const before = this.shown(id)
    await this.#set(id, patch)
    this.#tellShown(id, before)
    return {}
  }

  async #set(id: ConversationId, patch: ChatPatch): Promise<void> {
    const { clock, device } = this.#options
    this.#own.changed(await this.#rows.change(id, patch, last => ({ time: clock.next(last), device })))
  }

  /** Takes over what another device of one's own has set. */
  async #merge(registers: readonly KeptRegister[]): Promise<readonly KeptRegister[]> {
    const dropped = registers.filter(each => each.about === about.dropped)
    const blocked = registers.filter(each => each.about === about.blocked)
    const others = registers.filter(each => each.about !== about.dropped && each.about !== about.blocked)
    const taken = [
      ...(await this.#options.blocks.merge(blocked)),
      ...(await this.#rows.merge(others)),
      ...(await this.#dropped.merge(dropped)),
    ]
    const { tell } = this.#options
    if (taken.some(({ about: kind }) => lettingGo.has(kind))) tell({ letGo: true })
    for (const { conversation, about: kind } of taken) {
      if (kind === about.dropped || kind === about.floors || kind === about.blocked) continue
      if (conversation === ofAccount) tell({ accounts: true })
      else if (kind === about.draft)
        tell({ conversation, chat: { conversation, state: this.#state(conversation), by: undefined } })
      else tell({ conversation })
    }
    return taken
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

  #tellShown(id: ConversationId, before: Shown): void {
    const now = this.shown(id)
    if (JSON.stringify(now) !== JSON.stringify(before)) this.#options.tell({ conversation: id })
  }
}

/** What is to be let go of in one conversation. */
export interface LetGo {
  /** Everything up to these places of the logs. */
  readonly floors: ReadMap
  readonly dropped: readonly MessageName[]
}

/** What says that something is to be let go of. */
const lettingGo: ReadonlySet<number> = new Set([about.dropped, about.floors, about.retention])

/** Where one begins to read: at what was marked by hand, or at what has not been read, whichever is earlier. */
function earlier(marked: string, unread: string | undefined): string | undefined {
  if (marked.length <= 1) return unread
  return unread === undefined || marked < unread ? marked : unread
}

function checkDraft(draft: string): void {
  if (Buffer.byteLength(draft) <= limits.text) return
  throw new ParleyError('bad-message', `A draft is kept up to ${limits.text / 1024} KiB, as a message is. Shorten it.`)
}
