import type { ListedInvite } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { oneLine } from '../shared/harmless.ts'
import { knownLocale, type When } from '../shared/seen.ts'

/** An invite as the list shows it; every text is one harmless line. */
export interface InviteRow {
  readonly id: string
  readonly label: string
  readonly words: string
}

/** The latest first; whoever has run out is at the end. */
export function inviteRows(invites: readonly ListedInvite[], when: When): readonly InviteRow[] {
  const isOver = ({ uses, used, expires }: ListedInvite) => used >= uses || expires <= when.now
  return [...invites]
    .sort((a, b) => Number(isOver(a)) - Number(isOver(b)) || b.created - a.created || (a.id < b.id ? -1 : 1))
    .map(each => rowOf(each, when))
}

function rowOf({ id, uses, used, expires, created, forName, by }: ListedInvite, { now, locale }: When): InviteRow {
  const format = new Intl.DateTimeFormat(knownLocale(locale), { dateStyle: 'medium', timeStyle: 'short' })
  const day = new Intl.DateTimeFormat(knownLocale(locale), { dateStyle: 'medium' })
  const label =
    forName !== undefined
      ? l10n.t('For {0}', oneLine(forName, limits.name))
      : uses === 1
        ? l10n.t('For one person')
        : l10n.t('For up to {0} people', uses)
  const words = [
    used >= uses ? l10n.t('used up') : l10n.t('{0} of {1} used', used, uses),
    expires <= now ? l10n.t('expired') : l10n.t('until {0}', format.format(expires)),
    by === undefined
      ? l10n.t('made {0}', day.format(created))
      : l10n.t('made {0} by {1}', day.format(created), oneLine(by, limits.name)),
  ]
  return { id, label, words: words.join(' · ') }
}
