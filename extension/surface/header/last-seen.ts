import * as l10n from '@vscode/l10n'

/** When somebody was seen last, as briefly as it can be said: `seen at 18:04`, `seen yesterday at 18:04`, `seen 3 Feb`. */
export function lastSeen(since: number, now: number, locale?: string): string {
  const day = (time: number) => new Date(time).setHours(0, 0, 0, 0)
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options).format(since)
  const time = () => format({ hour: '2-digit', minute: '2-digit' })
  if (day(since) === day(now)) return l10n.t('seen at {0}', time())
  if (day(since) === day(day(now) - 1)) return l10n.t('seen yesterday at {0}', time())
  const isThisYear = new Date(since).getFullYear() === new Date(now).getFullYear()
  return l10n.t('seen {0}', format({ day: 'numeric', month: 'short', ...(!isThisYear && { year: 'numeric' }) }))
}
