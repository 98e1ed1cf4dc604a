import { ParleyError } from '@parley/daemon/client/basics'
import { formatHostPort, type ParleyLink, readParleyLink } from '@parley/daemon/protocol/addresses'
import type { AccountInfo, ProbeInfo } from '@parley/daemon/protocol/control'
import { findParleyLink, readPasted } from '@parley/daemon/protocol/pasted'
import * as l10n from '@vscode/l10n'
import { faultOf } from './faults.ts'
import type { Remark } from './prompter.ts'

/** A team that was found at what a person typed. */
export type FoundTeam = Extract<ProbeInfo, { readonly is: 'registry' }>

/** What there is to say to a place while it is typed. */
export function lookAtPlace(text: string): Remark | undefined {
  if (text.trim() === '') return undefined
  const fault = faultOf(() => readPasted(text))
  if (fault !== undefined) return { is: 'fault', words: fault }
  const { link } = readPasted(text)
  if (link.code) return { is: 'hint', words: l10n.t('An invite to the team at {0}', formatHostPort(link)) }
  return link.registry ? { is: 'hint', words: l10n.t('The team at {0}', formatHostPort(link)) } : undefined
}

/** What of a copied text is put into the box: a link, and nothing else that somebody may have copied. */
export function placeInText(text: string): string {
  return findParleyLink(text) ?? ''
}

/**
 * The invite in what was pasted for a team whose address is known already: a link with a code, or the code alone.
 *
 * @throws ParleyError `bad-invite` in words
 */
export function readInviteFor(team: FoundTeam, text: string): string {
  const trimmed = text.trim()
  if (/^#?[a-z2-7]{26}$/i.test(trimmed)) return trimmed.toLowerCase()
  const link = linkIn(trimmed)
  if (!link?.code) {
    throw new ParleyError('bad-invite', l10n.t('This is no invite. Paste the whole of it, or the link in it.'))
  }
  if (link.registry && link.registry !== team.registry) {
    throw new ParleyError('bad-invite', l10n.t('This invite is for another team than {0}.', team.team))
  }
  return findParleyLink(trimmed) ?? trimmed
}

/** Whether an invite names the team's key, so that it need not be taken on trust. */
export function isInviteOf(team: FoundTeam, invite: string): boolean {
  return linkIn(invite)?.registry === team.registry
}

/** The beginning of a team's id, in groups that two people can compare by reading them out. */
export function shortId(registry: string): string {
  return registry.slice(0, 16).replace(/(.{4})(?=.)/g, '$1 ')
}

/** HOST:PORT of a link. */
export function addressOf(link: string): string {
  try {
    return formatHostPort(readParleyLink(link))
  } catch {
    return link
  }
}

/** Why somebody who has an account here cannot join that team. */
export function alreadyIn(
  account: AccountInfo,
  registry: string,
): { readonly isSame: boolean; readonly words: string } {
  const { name } = account
  const team = account.team || addressOf(account.address)
  if (account.registry === registry) {
    return { isSame: true, words: l10n.t('You are in {0} already, as {1}.', team, name) }
  }
  return {
    isSame: false,
    words: l10n.t(
      'You are {0} in {1} on this computer. For now Parley keeps one account here; another one needs a home of its own (the setting "parley.home").',
      name,
      team,
    ),
  }
}

/** Where the team of an account has gone by a link to it, HOST:PORT; undefined when the link says nothing new. */
export function newPlaceOf({ registry, state, address }: AccountInfo, link: string): string | undefined {
  const there = linkIn(link)
  if (state === 'online' || state === 'signed-out' || !there || there.registry !== registry) return undefined
  const place = formatHostPort(there)
  return place === addressOf(address) ? undefined : place
}

function linkIn(text: string): ParleyLink | undefined {
  const found = findParleyLink(text)
  return found === undefined ? undefined : readParleyLink(found)
}
