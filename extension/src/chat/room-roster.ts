import type { ConversationInfo } from '@parley/daemon/protocol/control'
import type { Hub } from '../hub/hub.ts'
import { shownPerson } from '../shared/person.ts'
import type { Member } from './messages.ts'

/** Who belongs to a room, for a page that shows it: read anew when the room has changed. */
export class RoomRoster {
  readonly #hub: Pick<Hub, 'request'>
  readonly #info: () => ConversationInfo | undefined
  readonly #tell: (members: readonly Member[]) => void
  #told = ''
  #seen = ''

  /** `info`: what is known of the conversation; `tell` is called with members that are others than before. */
  constructor(
    hub: Pick<Hub, 'request'>,
    info: () => ConversationInfo | undefined,
    tell: (members: readonly Member[]) => void,
  ) {
    this.#hub = hub
    this.#info = info
    this.#tell = tell
  }

  /** `undefined`: it is a chat of two, or who belongs to it cannot be known now: then names are as messages have them. */
  async read(): Promise<readonly Member[] | undefined> {
    const info = this.#info()
    if (info?.kind !== 'room') return undefined
    this.#seen = markOf(info)
    try {
      const { members } = await this.#hub.request('room', { conversation: info.conversation })
      const shown = members.map(({ person, role }) => {
        const { user, name, displayName, status } = shownPerson(person)
        return { user, name, displayName, status, role }
      })
      this.#told = JSON.stringify(shown)
      return shown
    } catch {
      return undefined
    }
  }

  /** The conversation has changed, and with it perhaps who belongs to it. */
  look(): void {
    const info = this.#info()
    // Whoever has not asked yet reads it when the chat is opened.
    if (info?.kind !== 'room' || this.#seen === '' || markOf(info) === this.#seen) return
    const before = this.#told
    void this.read().then(members => {
      if (members && this.#told !== before) this.#tell(members)
    })
  }
}

/** Another one when somebody may have come, gone or been appointed: each leaves a line in the room. */
function markOf(info: ConversationInfo): string {
  return info.kind === 'room' ? `${info.room.members} ${info.room.standing} ${info.lastTime}` : ''
}
