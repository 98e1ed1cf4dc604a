import { ports } from '@parley/daemon/protocol/addresses'
import type { PersonInfo } from '@parley/daemon/protocol/control'
import { readUserName } from '@parley/daemon/protocol/names'
import * as l10n from '@vscode/l10n'
import { window } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import { listedName } from '../shared/marks.ts'
import { reportFailure } from '../shared/report.ts'
import { whomOf } from '../shared/whom.ts'
import { Boxes } from './boxes.ts'
import { lookAtUserName } from './names.ts'
import { fault } from './questions.ts'
import { ownAccount, suggestedName } from './self.ts'

/** Asks people of no team, at an address, whether they want to chat, and tells when they do. */
export class AskingToChat implements Disposable {
  readonly #context: Context
  /** The addresses of those who were asked from this window and have not answered. */
  readonly #asked = new Set<string>()
  readonly #listening: Disposable

  constructor(context: Context) {
    this.#context = context
    this.#listening = context.hub.onPeople(() => this.#look())
  }

  dispose(): void {
    this.#listening.dispose()
  }

  /** Asks whoever is at `address`, after saying what that means; the chat opens when they let one in already. */
  async ask(address: string): Promise<void> {
    const { hub, chats } = this.#context
    const name = await this.#wish(address)
    if (name === undefined) return
    const answer = await hub.request(
      'connect',
      { address, ...(name !== '' && { name }) },
      { timeout: limits.slowRequest },
    )
    if (answer.state === 'open') {
      await chats.open(answer.conversation.conversation, { focus: 'composer' })
      return
    }
    this.#asked.add(address)
    const words = l10n.t('Whoever is at {0} has been asked. You can write to them once they have accepted.', address)
    void window.showInformationMessage(plainLine(words, limits.sentence))
  }

  /** One's own name where there is no account to have one; empty where there is; undefined: the person went away. */
  async #wish(address: string): Promise<string | undefined> {
    const title = l10n.t('Chat by Address')
    const prompter = new Boxes()
    try {
      if (!ownAccount(this.#context)) {
        const answer = await prompter.ask({
          title,
          step: 1,
          steps: 1,
          canGoBack: false,
          prompt: l10n.t('Somebody’s Parley answers at {0}. Your user name, as they see it', address),
          placeholder: l10n.t('such as alice'),
          text: suggestedName(),
          look: text => (text.trim() === '' ? fault(l10n.t('Type a name.')) : lookAtUserName(text)),
        })
        return answer.is === 'next' ? readUserName(answer.value) : undefined
      }
      const answer = await prompter.choose({
        title,
        step: 1,
        steps: 1,
        canGoBack: false,
        placeholder: l10n.t('Somebody’s Parley answers at {0}, nobody whom you have met', address),
        choices: [
          {
            label: l10n.t('Ask whoever is there to chat'),
            detail: l10n.t('They see your name and address, and decide. What you then write is encrypted.'),
            value: true,
          },
          { label: l10n.t('Do nothing'), value: false },
        ],
      })
      return answer.is === 'next' && answer.value ? '' : undefined
    } finally {
      prompter.dispose()
    }
  }

  /** What was typed of a place: it may be a name, and where somebody answers from an address. */
  #askedOf(address: string): string | undefined {
    const portOf = (place: string) => Number(/:(\d+)$/.exec(place)?.[1] ?? ports.peer)
    return [...this.#asked].find(asked => asked === address || portOf(asked) === portOf(address))
  }

  /** Who has accepted is among the people, before anything was written. */
  #look(): void {
    if (this.#asked.size === 0) return
    for (const person of this.#context.hub.people.people) {
      const asked = person.via === 'direct' ? this.#askedOf(person.address ?? '') : undefined
      if (asked === undefined) continue
      this.#asked.delete(asked)
      void reportFailure(this.#context.log, () => this.#tell(person))
    }
  }

  async #tell(person: PersonInfo): Promise<void> {
    const { hub, chats } = this.#context
    const open = l10n.t('Open')
    const words = l10n.t('{0} has accepted your request.', plainLine(listedName(person), limits.name))
    if ((await window.showInformationMessage(words, open)) !== open) return
    await chats.open(whomOf(hub, person.user).with, { focus: 'composer' })
  }
}
