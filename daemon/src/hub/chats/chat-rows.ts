import { clone, create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import type { ScrollPlace } from '../../protocol/control.ts'
import { type ChatRow, ChatRowSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, conversationId } from '../../protocol/ids.ts'
import { lastPart } from '../conversations/keys.ts'
import { readRow } from '../conversations/rows.ts'
import type { RowSaver } from './row-saver.ts'

/** What is kept of one chat. */
export interface KeptChat {
  readonly draft: string
  /** Absent: at the latest message. */
  readonly scroll?: ScrollPlace
  readonly muted: boolean
}

/** A change of it: what is absent stays. */
export interface ChatPatch {
  readonly draft?: string
  readonly scroll?: ScrollPlace | null
  readonly muted?: boolean
}

/** The rows `chat/<conversation>`, all of them in memory: a chat that nobody changed has none. */
export class ChatRows {
  readonly #saver: RowSaver
  readonly #rows: Map<ConversationId, ChatRow>
  /** Every chat that had a draft since the start: a list that shows one must hear when it is empty. */
  readonly #drafted = new Set<ConversationId>()

  private constructor(saver: RowSaver, rows: Map<ConversationId, ChatRow>) {
    this.#saver = saver
    this.#rows = rows
    for (const [id, { draft }] of rows) if (draft !== '') this.#drafted.add(id)
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(storage: Storage, saver: RowSaver): Promise<ChatRows> {
    const rows = new Map<ConversationId, ChatRow>()
    for (let after: string | undefined; ; ) {
      const page = await storage.list(prefix, { limit: limits.historyRows, ...(after === undefined ? {} : { after }) })
      for (const [key, value] of page.rows) {
        rows.set(conversationId(lastPart(key)), readRow(ChatRowSchema, key, value))
        after = key
      }
      if (!page.more) return new ChatRows(saver, rows)
    }
  }

  /** Chats that have, or had since the start, something being written. */
  get drafted(): ReadonlySet<ConversationId> {
    return this.#drafted
  }

  get(id: ConversationId): KeptChat {
    const row = this.#rows.get(id)
    if (row === undefined) return { draft: '', muted: false }
    const { draft, muted, scrollPosition: position, scrollOffset: offset } = row
    return { draft, muted, ...(position === '' ? {} : { scroll: { position, offset } }) }
  }

  /** Resolves once the change is committed. A chat that is as it was at first keeps no row. */
  async change(id: ConversationId, { draft, scroll, muted }: ChatPatch): Promise<void> {
    const before = this.#rows.get(id) ?? create(ChatRowSchema)
    const row = clone(ChatRowSchema, before)
    if (draft !== undefined) row.draft = draft
    if (muted !== undefined) row.muted = muted
    if (scroll !== undefined) {
      row.scrollPosition = scroll?.position ?? ''
      row.scrollOffset = scroll?.offset ?? 0
    }
    const value = toBinary(ChatRowSchema, row)
    const isEmpty = value.length === 0
    if (isEmpty) this.#rows.delete(id)
    else this.#rows.set(id, row)
    if (row.draft !== '') this.#drafted.add(id)
    await this.#saver.save(`${prefix}${id}`, isEmpty ? undefined : value)
  }
}

const prefix = 'chat/'
