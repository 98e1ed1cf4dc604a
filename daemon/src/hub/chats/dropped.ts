import { create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { MessageName } from '../../protocol/bodies.ts'
import { DroppedRowSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, conversationId, deviceId, fromText, messageId, userId } from '../../protocol/ids.ts'
import { readRow } from '../conversations/rows.ts'
import { about, isLater, type KeptRegister, messageOf, type Stamp, subjectOf } from './registers.ts'
import type { RowSaver } from './row-saver.ts'

interface Dropped extends Stamp, MessageName {
  readonly conversation: ConversationId
  /** It is shown here no more. */
  readonly applied: boolean
}

/** The messages that a person has dropped for themselves, on whichever device: the rows `dropped/…`, all in memory. */
export class DroppedMessages {
  readonly #saver: RowSaver
  readonly #dropped: Map<string, Dropped>

  private constructor(saver: RowSaver, dropped: Map<string, Dropped>) {
    this.#saver = saver
    this.#dropped = dropped
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(storage: Storage, saver: RowSaver): Promise<DroppedMessages> {
    const dropped = new Map<string, Dropped>()
    for (let after: string | undefined; ; ) {
      const page = await storage.list(prefix, { limit: limits.logPage, ...(after === undefined ? {} : { after }) })
      for (const [key, value] of page.rows) {
        after = key
        const [, conversation = '', user = '', message = ''] = key.split('/')
        const { time, device, applied } = readRow(DroppedRowSchema, key, value)
        const name = { conversation: conversationId(conversation), user: userId(user), message: messageId(message) }
        dropped.set(key, { ...name, time, device: deviceId(device), applied })
      }
      if (!page.more) return new DroppedMessages(saver, dropped)
    }
  }

  /** Everything that one's own devices share. */
  *registers(): Generator<KeptRegister> {
    for (const dropped of this.#dropped.values()) yield registerOf(dropped)
  }

  /** Those that may still be shown here, by conversation. */
  get waiting(): ReadonlyMap<ConversationId, readonly MessageName[]> {
    const waiting = new Map<ConversationId, MessageName[]>()
    for (const { conversation, user, message, applied } of this.#dropped.values()) {
      if (!applied) waiting.set(conversation, [...(waiting.get(conversation) ?? []), { user, message }])
    }
    return waiting
  }

  /** Gives what is new, once it is committed. Throws `bad-message` where there are too many. */
  async add(conversation: ConversationId, name: MessageName, stamp: Stamp): Promise<readonly KeptRegister[]> {
    if (this.#dropped.size >= limits.droppedKept) {
      throw new ParleyError(
        'bad-message',
        `You have deleted ${limits.droppedKept} messages for yourself, which is the most. Clear the chat up to it instead.`,
      )
    }
    const subject = subjectOf(name)
    return this.merge([{ conversation, about: about.dropped, ...stamp, value: new Uint8Array([0x31]), subject }])
  }

  /** Takes over what another device of one's own has dropped; gives what is new, once it is committed. */
  async merge(registers: readonly KeptRegister[]): Promise<readonly KeptRegister[]> {
    const taken: Dropped[] = []
    for (const { conversation, time, device, subject } of registers) {
      if (subject === undefined) continue
      const dropped = { conversation, ...messageOf(subject), time, device }
      const before = this.#dropped.get(keyOf(dropped))
      if (!isLater(dropped, before) || (!before && this.#dropped.size >= limits.droppedKept)) continue
      taken.push({ ...dropped, applied: before?.applied ?? false })
    }
    await this.#save(taken)
    return taken.map(registerOf)
  }

  /** These are shown here no more. */
  async applied(conversation: ConversationId, names: readonly MessageName[]): Promise<void> {
    const done = names.flatMap(name => {
      const dropped = this.#dropped.get(keyOf({ conversation, ...name }))
      return dropped ? [{ ...dropped, applied: true }] : []
    })
    await this.#save(done)
  }

  async #save(changed: readonly Dropped[]): Promise<void> {
    for (const dropped of changed) this.#dropped.set(keyOf(dropped), dropped)
    await Promise.all(
      changed.map(dropped => {
        const { time, device, applied } = dropped
        const row = create(DroppedRowSchema, { time, device: fromText(device), applied })
        return this.#saver.save(keyOf(dropped), toBinary(DroppedRowSchema, row))
      }),
    )
  }
}

function registerOf({ conversation, user, message, time, device }: Dropped): KeptRegister {
  const subject = subjectOf({ user, message })
  return { conversation, about: about.dropped, time, device, value: new Uint8Array([0x31]), subject }
}

function keyOf({ conversation, user, message }: MessageName & Pick<Dropped, 'conversation'>): string {
  return `${prefix}${conversation}/${user}/${message}`
}

const prefix = 'dropped/'
