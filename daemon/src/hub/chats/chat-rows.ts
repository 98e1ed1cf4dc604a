import { clone, create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import type { ScrollPlace } from '../../protocol/control.ts'
import {
  type ChatRow,
  ChatRowSchema,
  KeptRegisterSchema,
  type KeptRegister as StoredRegister,
} from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, conversationId, deviceId, fromText } from '../../protocol/ids.ts'
import { isWithin, mergedReads, type ReadMap } from '../../protocol/marks.ts'
import { lastPart } from '../conversations/keys.ts'
import { readRow } from '../conversations/rows.ts'
import { about, encodeFloors, isLater, type KeptRegister, ofNobody, readFloors, type Stamp } from './registers.ts'
import type { RowSaver } from './row-saver.ts'

/** What is kept of one chat. */
export interface KeptChat {
  readonly draft: string
  /** Absent: at the latest message. */
  readonly scroll?: ScrollPlace
  readonly muted: boolean
  readonly archived: boolean
  readonly pinned: boolean
  /** Marked as unread: from a position on, or `1`; empty: not. */
  readonly unread: string
  /** Days after which messages are dropped; empty: never. */
  readonly retention: string
}

/** A change of what one's own devices share: what is absent stays. */
export type ChatPatch = Partial<Omit<KeptChat, 'scroll'>> & { readonly receiptsOff?: boolean }

/** Where things of the whole account are kept, as if it were a conversation. */
export const ofAccount = conversationId(new Uint8Array(32))

/** The rows `chat/<conversation>`, all of them in memory: a chat that nobody changed has none. */
export class ChatRows {
  readonly #saver: RowSaver
  readonly #rows: Map<ConversationId, ChatRow>
  /** Every chat that had a draft since the start: a list that shows one must hear when it is empty. */
  readonly #drafted = new Set<ConversationId>()

  private constructor(saver: RowSaver, rows: Map<ConversationId, ChatRow>) {
    this.#saver = saver
    this.#rows = rows
    for (const id of rows.keys()) if (this.get(id).draft !== '') this.#drafted.add(id)
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
    const { scrollPosition: position = '', scrollOffset: offset = 0 } = row ?? {}
    return {
      draft: this.#text(id, about.draft),
      muted: this.#text(id, about.muted) !== '',
      archived: this.#text(id, about.archived) !== '',
      pinned: this.#text(id, about.pinned) !== '',
      unread: this.#text(id, about.unread),
      retention: this.#text(id, about.retention),
      ...(position === '' ? {} : { scroll: { position, offset } }),
    }
  }

  /** The chats whose messages are dropped after some days. */
  get retained(): ConversationId[] {
    return [...this.#rows.keys()].filter(id => this.get(id).retention !== '')
  }

  /** Whether others are not told what one has read. */
  get areReceiptsOff(): boolean {
    return this.#text(ofAccount, about.receiptsOff) !== ''
  }

  /** Everything that one's own devices share. */
  *registers(): Generator<KeptRegister> {
    for (const [conversation, { registers }] of this.#rows) {
      for (const stored of registers) yield read(conversation, stored)
    }
  }

  register(conversation: ConversationId, kind: number): KeptRegister | undefined {
    const stored = this.#rows.get(conversation)?.registers.find(each => each.about === kind)
    return stored && read(conversation, stored)
  }

  /** Resolves once it is committed. A chat of which nothing was ever kept has no row. */
  async scroll(id: ConversationId, place: ScrollPlace | null): Promise<void> {
    const row = this.#copy(id)
    row.scrollPosition = place?.position ?? ''
    row.scrollOffset = place?.offset ?? 0
    await this.#put(id, row)
  }

  /**
   * Sets what differs, each with a time that `next` gives, above the time of the register before; gives what was set once
   * it is committed.
   */
  async change(id: ConversationId, patch: ChatPatch, next: (last: bigint) => Stamp): Promise<readonly KeptRegister[]> {
    const changed: KeptRegister[] = []
    for (const [name, value] of Object.entries(patch) as [keyof ChatPatch, string | boolean][]) {
      const before = this.register(id, about[name])
      const text = typeof value === 'string' ? value : value ? '1' : ''
      if (text === decode(before?.value)) continue
      const register = {
        conversation: id,
        about: about[name],
        ...next(before?.time ?? 0n),
        value: new TextEncoder().encode(text),
      }
      changed.push(register)
      this.#set(register)
    }
    await this.#commit(id, changed)
    return changed
  }

  /**
   * Takes over what another device of one's own has set, where that is later than what is here; gives what was taken, once
   * that is committed. What would be too much to keep is left out.
   */
  async merge(registers: readonly KeptRegister[]): Promise<readonly KeptRegister[]> {
    const taken = registers.flatMap(register => {
      const before = this.register(register.conversation, register.about)
      const next = register.about === about.floors ? raised(register, before) : later(register, before)
      if (next === undefined || !this.#hasRoom(next)) return []
      this.#set(next)
      return [next]
    })
    await Promise.all([...new Set(taken.map(({ conversation }) => conversation))].map(id => this.#commit(id, taken)))
    return taken
  }

  /** How far the logs of a chat were let go of, on any of one's own devices. */
  floors(id: ConversationId): ReadMap {
    return readFloors(this.register(id, about.floors)?.value ?? new Uint8Array(0)) ?? new Map()
  }

  /** Raises that; gives what was set, once it is committed. */
  raiseFloors(id: ConversationId, floors: ReadMap): Promise<readonly KeptRegister[]> {
    return this.merge([{ conversation: id, about: about.floors, ...ofNobody, value: encodeFloors(floors) }])
  }

  /** The chats of which something was let go of. */
  get floored(): ConversationId[] {
    return [...this.#rows.keys()].filter(id => this.register(id, about.floors))
  }

  #hasRoom({ conversation, about: kind }: KeptRegister): boolean {
    const row = this.#rows.get(conversation)
    if (row === undefined) return this.#rows.size < limits.keptChats
    return row.registers.length < limits.registerKinds || row.registers.some(each => each.about === kind)
  }

  #set({ conversation, about: kind, time, device, value }: KeptRegister): void {
    const row = this.#copy(conversation)
    const stored = row.registers.find(each => each.about === kind) ?? create(KeptRegisterSchema, { about: kind })
    if (!row.registers.includes(stored)) row.registers.push(stored)
    Object.assign(stored, { time, device: fromText(device), value })
    this.#rows.set(conversation, row)
    if (kind === about.draft && value.length > 0) this.#drafted.add(conversation)
  }

  async #commit(id: ConversationId, changed: readonly KeptRegister[]): Promise<void> {
    if (changed.some(({ conversation }) => conversation === id)) await this.#put(id, this.#copy(id))
  }

  async #put(id: ConversationId, row: ChatRow): Promise<void> {
    const value = toBinary(ChatRowSchema, row)
    if (value.length === 0) this.#rows.delete(id)
    else this.#rows.set(id, row)
    await this.#saver.save(`${prefix}${id}`, value.length === 0 ? undefined : value)
  }

  #copy(id: ConversationId): ChatRow {
    return clone(ChatRowSchema, this.#rows.get(id) ?? create(ChatRowSchema))
  }

  #text(id: ConversationId, kind: number): string {
    return decode(this.#rows.get(id)?.registers.find(each => each.about === kind)?.value)
  }
}

const prefix = 'chat/'

function later(register: KeptRegister, before: KeptRegister | undefined): KeptRegister | undefined {
  return isLater(register, before) ? register : undefined
}

/** Of each log the higher place. */
function raised(register: KeptRegister, before: KeptRegister | undefined): KeptRegister | undefined {
  const floors = readFloors(register.value)
  const known = readFloors(before?.value ?? new Uint8Array(0)) ?? new Map()
  if (floors === undefined || isWithin(floors, known)) return undefined
  return { ...register, ...ofNobody, value: encodeFloors(mergedReads(known, floors)) }
}

function decode(value: Uint8Array | undefined): string {
  return value === undefined ? '' : Buffer.from(value).toString()
}

function read(conversation: ConversationId, { about: kind, time, device, value }: StoredRegister): KeptRegister {
  return { conversation, about: kind, time, device: deviceId(device), value }
}
