import { isLoopback, readParleyLink } from '@parley/daemon/protocol/addresses'
import type { InviteInfo } from '@parley/daemon/protocol/control'
import { readUserName } from '@parley/daemon/protocol/names'
import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { faultOf } from './faults.ts'
import type { Prompter } from './prompter.ts'
import { fault } from './questions.ts'

/** For whom an invite is. */
export interface InviteWish {
  readonly uses: number
  /** How long it lasts, in ms. */
  readonly lasts: number
  readonly forName?: string
}

/** What is made without asking: enough for a small team, for a week. */
export const usualInvite: InviteWish = { uses: limits.inviteUses, lasts: limits.inviteLasts }

/** Asks for whom an invite is to be; undefined when the person went away. */
export async function askInvite(prompter: Prompter): Promise<InviteWish | undefined> {
  const title = l10n.t('Invite People')
  for (;;) {
    const chosen = await prompter.choose<InviteWish | 'named'>({
      title,
      step: 1,
      steps: 1,
      canGoBack: false,
      placeholder: l10n.t('Who is the invite for? It is copied to your clipboard.'),
      choices: [
        { label: l10n.t('Up to {0} people', usualInvite.uses), description: forDays(7), value: usualInvite },
        { label: l10n.t('One person'), description: forDays(7), value: { uses: 1, lasts: usualInvite.lasts } },
        {
          label: l10n.t('One person, under a user name that I give'),
          description: forDays(7),
          detail: l10n.t('Nobody can use it under another name.'),
          value: 'named',
        },
        {
          label: l10n.t('A room full of people: up to {0}', 100),
          description: forDays(1),
          value: { uses: 100, lasts: limits.inviteRoom },
        },
      ],
    })
    if (chosen.is !== 'next') return undefined
    if (chosen.value !== 'named') return chosen.value
    const named = await prompter.ask({
      title,
      step: 1,
      steps: 1,
      canGoBack: true,
      prompt: l10n.t('The user name that they will have'),
      placeholder: l10n.t('such as alice'),
      text: '',
      look: text => {
        const words = faultOf(() => readUserName(text))
        return words === undefined ? undefined : fault(words)
      },
    })
    if (named.is === 'next') return { uses: 1, lasts: usualInvite.lasts, forName: readUserName(named.value) }
    if (named.is === 'cancel') return undefined
  }
}

/** What a person is told of an invite that has been copied. */
export function inviteWords(team: string, invite: InviteInfo, now: number): string {
  const days = Math.max(1, Math.round((invite.expires - now) / day))
  const people =
    invite.forName !== undefined
      ? l10n.t('for {0}', invite.forName)
      : invite.uses === 1
        ? l10n.t('for one person')
        : l10n.t('for up to {0} people', invite.uses)
  const words = l10n.t(
    'Invite to {0} copied. Send it to those who should join: it works {1}, {2}.',
    team,
    people,
    forDays(days),
  )
  return isOnlyHere(invite.link) ? `${words} ${onlyHere()}` : words
}

function forDays(days: number): string {
  return days === 1 ? l10n.t('for one day') : l10n.t('for {0} days', days)
}

/** A computer without a network invites nobody but those who sit at it. */
function isOnlyHere(link: string): boolean {
  return isLoopback(readParleyLink(link).host)
}

function onlyHere(): string {
  return l10n.t('It works on this computer only, which has no network at the moment.')
}

const day = 24 * 3600_000
