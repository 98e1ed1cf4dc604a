import { create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { OpenChatsRowSchema, OpenPlaceSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, conversationId, fromText } from '../../protocol/ids.ts'
import { readRow } from '../conversations/rows.ts'
import type { RowSaver } from './row-saver.ts'

/** Which chats are open in which place, such as a workspace: one small row, for places are few and forgotten by age. */
export class OpenChats {
  readonly #saver: RowSaver
  /** By key, the one saved last at the end. */
  readonly #places: Map<string, readonly ConversationId[]>

  private constructor(saver: RowSaver, places: Map<string, readonly ConversationId[]>) {
    this.#saver = saver
    this.#places = places
  }

  /** @throws ParleyError `damaged-data` when the row cannot be read */
  static async open(storage: Storage, saver: RowSaver): Promise<OpenChats> {
    const places = new Map<string, readonly ConversationId[]>()
    const [value] = await storage.get([rowKey])
    const row = value && readRow(OpenChatsRowSchema, rowKey, value)
    for (const { key, conversations } of row?.places ?? []) places.set(key, conversations.map(conversationId))
    return new OpenChats(saver, places)
  }

  at(place: string): readonly ConversationId[] {
    return this.#places.get(place) ?? []
  }

  /** Resolves once that is committed. */
  async save(place: string, conversations: readonly ConversationId[]): Promise<void> {
    this.#places.delete(place)
    if (conversations.length > 0) this.#places.set(place, [...new Set(conversations)].slice(0, limits.openChats))
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= limits.openPlaces) break
      this.#places.delete(oldest)
    }
    const places = [...this.#places].map(([key, open]) =>
      create(OpenPlaceSchema, { key, conversations: open.map(fromText) }),
    )
    await this.#saver.save(rowKey, toBinary(OpenChatsRowSchema, create(OpenChatsRowSchema, { places })))
  }
}

const rowKey = 'open-chats'
