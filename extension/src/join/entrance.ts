import { readParleyLink } from '@parley/daemon/protocol/addresses'
import type { AccountInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { env, type Uri, window } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import { offer } from '../shared/offer.ts'
import { nameOf } from '../shared/whom.ts'
import { AskingToChat } from './asking.ts'
import { Boxes } from './boxes.ts'
import { type Joined, type JoinOptions, join } from './joining.ts'
import { addressOf, alreadyIn, newPlaceOf, placeInText } from './places.ts'
import { ownAccount, suggestedName } from './self.ts'
import { linkInUri } from './uri.ts'
import { welcome } from './welcome.ts'

/** The ways into a team that exists: by the command, by somebody's address, by an editor's link. */
export class Entrance implements Disposable {
  readonly #context: Context
  readonly #asking: AskingToChat
  #isAsking = false

  constructor(context: Context) {
    this.#context = context
    this.#asking = new AskingToChat(context)
  }

  dispose(): void {
    this.#asking.dispose()
  }

  /**
   * *Join a Team*: `link`, or one that is in the clipboard, is put into the box, where the person sees it; nothing is done
   * with it before they say so.
   */
  async joinTeam(link?: unknown): Promise<void> {
    const own = ownAccount(this.#context)
    const given = typeof link === 'string' ? placeInText(link) : ''
    const copied = given === '' ? await clipboardPlace() : ''
    const place = given || copied
    if (!own) await this.#comeIn({ place, isFromClipboard: copied !== '', seeks: 'team' })
    else if (newPlaceOf(own, place)) await this.#followTeam(own, place)
    else await tellOfAccount(own, given === '' ? own.registry : registryIn(given))
  }

  /** *Chat by Address*: somebody whom this hub knows, or a team to join first. */
  async chatByAddress(): Promise<void> {
    const place = await clipboardPlace()
    await this.#comeIn({ place, isFromClipboard: place !== '', seeks: 'chat' })
  }

  /** An editor's link. Any web page can open one: nothing is done before the person says yes, and they are asked once at a time. */
  async joinByUri(uri: Pick<Uri, 'path' | 'query' | 'fragment'>): Promise<void> {
    const link = linkInUri(uri)
    if (link === undefined) {
      const words = l10n.t('This link to Parley is cut or mistyped, so nothing was done. Copy the whole of it again.')
      void window.showWarningMessage(words)
      return
    }
    const own = ownAccount(this.#context)
    if (own && newPlaceOf(own, link)) {
      await this.#followTeam(own, link)
    } else if (own) {
      await tellOfAccount(own, registryIn(link))
    } else if (!this.#isAsking && (await this.#wants(link))) {
      await this.#comeIn({ place: link, seeks: 'team', takesAtOnce: true })
    }
  }

  /** A computer that hosts a team may have another address by now; whoever has it proves that it is the same team. */
  async #followTeam(own: AccountInfo, link: string): Promise<void> {
    const team = own.team || addressOf(own.address)
    const words = l10n.t(
      '{0} cannot be reached at {1}. By this link it is at {2} now.',
      team,
      addressOf(own.address),
      addressOf(link),
    )
    const yes = l10n.t('Use That Address')
    if ((await window.showInformationMessage(plainLine(words, limits.sentence), yes)) !== yes) return
    await this.#context.hub.request('signIn', { registry: link })
    const done = l10n.t('You are in {0} again.', team)
    void window.showInformationMessage(plainLine(done, limits.sentence))
  }

  async #wants(link: string): Promise<boolean> {
    this.#isAsking = true
    try {
      const goOn = l10n.t('Go On')
      const detail = l10n.t(
        'A link wants you to join this team. You would choose a name and a password, and an account would be made there. Go on only if you expected this invite.',
      )
      const question = l10n.t('Join the team at {0}?', addressOf(link))
      return (await window.showInformationMessage(question, { modal: true, detail }, goOn)) === goOn
    } finally {
      this.#isAsking = false
    }
  }

  async #comeIn(how: Pick<JoinOptions, 'place' | 'isFromClipboard' | 'seeks' | 'takesAtOnce'>): Promise<void> {
    const context = this.#context
    const prompter = new Boxes()
    let joined: Joined
    try {
      const account = () => ownAccount(context)
      joined = await join({ hub: context.hub, prompter, account, name: suggestedName(), ...how })
    } finally {
      prompter.dispose()
    }
    if (joined.is === 'joined') await welcome(context, joined.account)
    else if (joined.is === 'peer') await this.#talkTo(joined)
  }

  async #talkTo({ place, peer }: Extract<Joined, { is: 'peer' }>): Promise<void> {
    if (peer.person) {
      await this.#context.chats.open(nameOf(peer.person), { focus: 'composer' })
      return
    }
    await this.#asking.ask(place.trim())
  }
}

/** The id of the team that a link is for; empty when it names none. */
function registryIn(link: string): string {
  return readParleyLink(link).registry ?? ''
}

async function clipboardPlace(): Promise<string> {
  return placeInText(await env.clipboard.readText())
}

async function tellOfAccount(own: AccountInfo, registry: string): Promise<void> {
  const { isSame, words } = alreadyIn(own, registry)
  if (own.state === 'signed-out') await offer(words, { [l10n.t('Sign In')]: 'parley.signIn' })
  else await offer(words, isSame ? { [l10n.t('Show People')]: 'parley.people.focus' } : {})
}
