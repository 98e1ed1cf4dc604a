import type { CheckInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { oneLine } from '../shared/harmless.ts'

/** One thing that was looked at, as it is shown: every text is a harmless line. */
export interface CheckRow {
  readonly state: CheckInfo['state']
  readonly title: string
  readonly words: string
  readonly advice?: string
  /** What of Parley mends it. */
  readonly way?: { readonly command: string; readonly label: string }
}

/** What has failed first, then warnings; of the others as the hub gives them. */
export function checkRows(checks: readonly CheckInfo[]): readonly CheckRow[] {
  const rank = { failed: 0, warning: 1, ok: 2 }
  return checks
    .map(({ about, state, words, advice }) => ({
      state,
      title: titleOf(about),
      words: oneLine(words, limits.sentence),
      ...(advice && { advice: oneLine(withoutCommand(advice), limits.sentence) }),
      ...(about === 'listen' && state !== 'ok' && { way: direct() }),
    }))
    .sort((a, b) => rank[a.state] - rank[b.state])
}

/** The hub speaks of commands to type, at the end of a sentence that says what they do: here there are menus. */
function withoutCommand(advice: string): string {
  return /^On\b/.test(advice) ? advice : advice.replace(/: parley [^.]*$/, '.')
}

function direct(): NonNullable<CheckRow['way']> {
  return { command: 'parley.directConnections', label: l10n.t('Direct Connections…') }
}

/** How it stands in all, in a sentence. */
export function summaryOf(rows: readonly CheckRow[]): string {
  const count = (state: CheckInfo['state']) => rows.filter(row => row.state === state).length
  const [failed, warnings] = [count('failed'), count('warning')]
  if (failed === 1) return l10n.t('One thing is wrong.')
  if (failed > 1) return l10n.t('{0} things are wrong.', failed)
  if (warnings === 1) return l10n.t('It works, with one thing to look at.')
  if (warnings > 1) return l10n.t('It works, with {0} things to look at.', warnings)
  return l10n.t('All is well.')
}

/** How one of them stands, in a word: never by colour or shape alone. */
export function stateWord(state: CheckInfo['state']): string {
  return { ok: () => l10n.t('Well'), warning: () => l10n.t('Look at this'), failed: () => l10n.t('Wrong') }[state]()
}

/** All of it as text, to paste to somebody who can help. */
export function textOf(rows: readonly CheckRow[]): string {
  const lines = rows.flatMap(({ state, title, words, advice }) => [
    `${stateWord(state)} · ${title}: ${words}`,
    ...(advice === undefined ? [] : [`  ${advice}`]),
  ])
  return `${[summaryOf(rows), '', ...lines].join('\n')}\n`
}

/** What a thing is called that the hub looked at; a newer hub may look at more. */
function titleOf(about: string): string {
  const titles: Readonly<Record<string, () => string>> = {
    version: () => l10n.t('Version'),
    storage: () => l10n.t('Storage'),
    disk: () => l10n.t('Disk'),
    listen: () => l10n.t('Direct connections'),
    clock: () => l10n.t('Clock'),
    registry: () => l10n.t('Your team'),
    udp: () => l10n.t('Presence (UDP)'),
    relay: () => l10n.t('Relay'),
    messages: () => l10n.t('Messages'),
    notice: () => l10n.t('Notice'),
    address: () => l10n.t('Address of the team'),
    heartbeats: () => l10n.t('Heartbeats of the team'),
    'sign-up': () => l10n.t('Who may join'),
    files: () => l10n.t('Files'),
    tls: () => l10n.t('Encryption (TLS)'),
    proxy: () => l10n.t('Proxy'),
  }
  const title = Object.hasOwn(titles, about) ? titles[about]?.() : undefined
  return title ?? oneLine(about, limits.name)
}
