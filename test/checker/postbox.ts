import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../../daemon/src/errors.ts'
import type { Place } from '../../daemon/src/hub/conversations/keys.ts'
import type { MailLot } from '../../daemon/src/hub/conversations/mail.ts'
import type { ConversationId, DeviceId, UserId } from '../../daemon/src/protocol/ids.ts'
import { EntriesSchema } from '../../daemon/src/protocol/parley_pb.ts'
import type { Station } from './station.ts'

interface Letter {
  readonly from: Station
  readonly conversation: ConversationId
  readonly bytes: Uint8Array
}

/**
 * A mailbox as homes see it: it keeps what was left for a device until that has taken it. Seals, quotas and the registry's
 * storage are no part of it; they carry the same bytes and have tests of their own.
 */
export class Postbox {
  readonly #letters = new Map<DeviceId, Letter[]>()

  /** A station leaves what a device lacks. Gives whether there was something. */
  async post(from: Station, to: { readonly user: UserId; readonly device: DeviceId }): Promise<boolean> {
    const lot = await from.ask(home => home.conversations.mail.mailFor(to.user, to.device, bytesOfLetter))
    if (lot === undefined) return false
    this.#keep(from, to.device, lot)
    await from.ask(home => home.conversations.mail.posted(lot.conversation, to.device, lot.upTo as readonly Place[]))
    return true
  }

  /** A station fetches what waits for it. `forgets`: its word that it has taken it is lost, so it comes again. */
  async collect(to: Station, forgets = false): Promise<void> {
    const { device } = to.person.account
    for (const letter of this.#letters.get(device) ?? []) {
      const { user, name, displayName, account } = letter.from.person
      const author = { user, name, displayName, device: account.device }
      const { entries } = fromBinary(EntriesSchema, letter.bytes)
      const taken = await to.ask(async ({ conversations }) => {
        try {
          await conversations.mail.take(author, letter.conversation, entries)
          return true
        } catch (error) {
          // What cannot be stored now comes again; what cannot be taken is dropped, as a collector does.
          return error instanceof ParleyError && error.code !== 'storage' && error.code !== 'closed'
        }
      })
      if (taken !== true) return
      if (!forgets)
        this.#letters.set(
          device,
          (this.#letters.get(device) ?? []).filter(each => each !== letter),
        )
    }
  }

  #keep(from: Station, device: DeviceId, { conversation, entries }: MailLot): void {
    const bytes = toBinary(EntriesSchema, {
      $typeName: 'parley.v1.Entries',
      conversation: new Uint8Array(0),
      entries: [...entries],
    })
    this.#letters.set(device, [...(this.#letters.get(device) ?? []), { from, conversation, bytes }])
  }
}

const bytesOfLetter = 100_000
