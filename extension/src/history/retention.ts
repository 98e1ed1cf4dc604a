import { l10n, type QuickPickItem, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import type { KnownChat } from '../shared/known-chat.ts'
import { retentionWords } from '../shared/retention-words.ts'

interface Row extends QuickPickItem {
  /** `null`: for ever; `other`: as many as one says. */
  readonly days: number | null | 'other'
}

/** *Keep Messages*: how long, on all of one's own devices. Asks before it makes that shorter: what is older goes at once. */
export async function keepMessages({ hub }: Context, { conversation, name, retention }: KnownChat): Promise<void> {
  const title = l10n.t('Keep the Messages of {0}', name)
  const days = await askDays(title, retention)
  if (days === undefined || days === (retention ?? null)) return
  if (days !== null && days < (retention ?? Number.POSITIVE_INFINITY)) {
    const yes = l10n.t('Drop Older Messages')
    const question = l10n.t('Drop messages of {0} that are older than {1}?', name, daysWords(days))
    const detail = l10n.t(
      'They disappear for good from all your devices, now and from then on by themselves. The others keep theirs.',
    )
    if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return
  }
  await hub.request('setRetention', { conversation, days })
  void window.setStatusBarMessage(retentionWords(days ?? undefined), limits.saidFor)
}

async function askDays(title: string, retention: number | undefined): Promise<number | null | undefined> {
  const rows: readonly Row[] = [
    { days: null, label: l10n.t('For ever') },
    ...usual.map(days => ({ days, label: daysWords(days) })),
    { days: 'other', label: l10n.t('Another time…') },
  ]
  const isUsual = retention === undefined || usual.includes(retention)
  const picked = await window.showQuickPick(
    rows.map(row => {
      const isCurrent = isUsual ? row.days === (retention ?? null) : row.days === 'other'
      const words = isUsual ? l10n.t('current') : l10n.t('current: {0}', daysWords(retention))
      return isCurrent ? { ...row, description: words } : row
    }),
    { title, placeHolder: l10n.t('How long do your devices keep what is said here? The others keep theirs') },
  )
  return picked?.days === 'other' ? askOther(title, retention) : picked?.days
}

async function askOther(title: string, retention: number | undefined): Promise<number | undefined> {
  const typed = await window.showInputBox({
    title,
    value: retention === undefined ? '' : String(retention),
    prompt: l10n.t('After how many days are messages dropped?'),
    validateInput: value =>
      daysIn(value) === undefined ? l10n.t('Give a number of days, from 1 to {0}.', limits.retentionDays) : undefined,
  })
  return typed === undefined ? undefined : daysIn(typed)
}

function daysIn(typed: string): number | undefined {
  const days = /^\d{1,6}$/.test(typed.trim()) ? Number(typed) : 0
  return days >= 1 && days <= limits.retentionDays ? days : undefined
}

function daysWords(days: number): string {
  return days === 1 ? l10n.t('1 day') : l10n.t('{0} days', days)
}

const usual: readonly number[] = [7, 30, 90, 365]
