import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { offer } from './offer.ts'

/** The same for what one does with chats: people of no team have them too. */
export function withChats(
  hub: Pick<Hub, 'accounts' | 'conversations' | 'people'>,
  run: () => Promise<void>,
): Promise<void> {
  return hub.conversations.size > 0 || hub.people.people.length > 0 ? run() : inTeam(hub, run)
}

/**
 * Runs a command that makes sense in a team only. Whoever is in none is told so, with the ways to one: walkthroughs and
 * keys call commands that no menu shows.
 */
export async function inTeam(hub: Pick<Hub, 'accounts'>, run: () => Promise<void>): Promise<void> {
  // Not known is not none.
  if (hub.accounts?.length !== 0) return run()
  await offer(l10n.t('You are in no team yet. Join one, or start one and invite others.'), {
    [l10n.t('Join a Team')]: 'parley.joinTeam',
    [l10n.t('Start a Team')]: 'parley.startTeam',
  })
}
