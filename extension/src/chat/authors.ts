import type { MessageInfo, PeopleSnapshot } from '@parley/daemon/protocol/control'
import type { Hub } from '../hub/hub.ts'
import { shownMessage } from '../shared/message.ts'
import { shownName } from '../shared/person.ts'

/** Messages as a page shows them, with their authors as they want to be called: also those who are in the room no more. */
export class Authors {
  readonly #hub: Pick<Hub, 'people'>
  #people: PeopleSnapshot | undefined
  #names: ReadonlyMap<string, string> = new Map()

  constructor(hub: Pick<Hub, 'people'>) {
    this.#hub = hub
  }

  /** With every line that is not their text harmless. */
  readonly shown = (message: MessageInfo): MessageInfo => {
    const { user, name, replyTo } = message
    return shownMessage({
      ...message,
      name: this.#nameOf(user, name),
      ...(replyTo && { replyTo: { ...replyTo, name: this.#nameOf(replyTo.user, replyTo.name) } }),
    })
  }

  #nameOf(user: string, otherwise: string): string {
    const { people } = this.#hub
    if (people !== this.#people) {
      this.#people = people
      this.#names = new Map(people.people.filter(({ via }) => !via).map(person => [person.user, shownName(person)]))
    }
    return this.#names.get(user) ?? otherwise
  }
}
