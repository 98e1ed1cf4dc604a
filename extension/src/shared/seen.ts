import type { PersonInfo, Status } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'

/** How somebody stands, in a word. */
export function presenceWord(status: Status): string {
  return {
    online: () => l10n.t('online'),
    away: () => l10n.t('away'),
    busy: () => l10n.t('busy'),
    offline: () => l10n.t('offline'),
  }[status]()
}

/** A name as it may be shown: that of a classic client is a claim, which nobody vouches for. */
export function claimedName(name: string, via: PersonInfo['via']): string {
  return via === 'classic' ? l10n.t('claims to be {0}', name) : name
}

/** How somebody stands, and of who is offline when they were here last, where that is known. */
export function standingWords({ status, since }: Pick<PersonInfo, 'status' | 'since'>, when: When): string {
  return status === 'offline' && since > 0 ? lastSeen(since, when) : presenceWord(status)
}

/** When somebody was here last, as briefly as it can be said: `last seen 18:04`, `last seen yesterday 18:04`, `last seen 3 Feb`. */
export function lastSeen(since: number, { now, locale }: When): string {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(knownLocale(locale), options).format(since)
  const time = () => format(clock)
  const days = daysBetween(since, now)
  // A clock that is ahead of the team's by a little makes it a moment ago, not tomorrow.
  if (days <= 0) return l10n.t('last seen {0}', time())
  if (days === 1) return l10n.t('last seen yesterday {0}', time())
  if (days < 7) return l10n.t('last seen {0} {1}', format({ weekday: 'long' }), time())
  const isThisYear = new Date(since).getFullYear() === new Date(now).getFullYear()
  return l10n.t('last seen {0}', format({ day: 'numeric', month: 'short', ...(!isThisYear && { year: 'numeric' }) }))
}

/** How clocks are written everywhere: `09:41`, or `9:41 AM`, as the language has it. */
export const clock: Intl.DateTimeFormatOptions = { timeStyle: 'short' }

/** A language as BCP 47, for `Intl`; `undefined`, which is the program's own, for one that is unknown. */
export function knownLocale(locale: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(locale)[0]
  } catch {
    return undefined
  }
}

/** When the words above may change next though nobody does anything: at midnight here. In ms since 1970. */
export function nextDay(now: number): number {
  const day = new Date(now)
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime()
}

/** By what words about times are chosen. */
export interface When {
  /** ms since 1970. */
  readonly now: number
  /** As BCP 47; one that is unknown is the program's own. */
  readonly locale: string
}

/** Days of the calendar, which are not all 24 hours long. */
function daysBetween(from: number, to: number): number {
  const day = (time: number) => {
    const date = new Date(time)
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000
  }
  return day(to) - day(from)
}
