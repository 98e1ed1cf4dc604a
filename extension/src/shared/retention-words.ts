import * as l10n from '@vscode/l10n'

/** How long the messages of a chat are kept on one's own devices. `days` absent: for ever. */
export function retentionWords(days: number | undefined): string {
  if (days === undefined) return l10n.t('Messages are kept for ever')
  return days === 1 ? l10n.t('Messages are kept for 1 day') : l10n.t('Messages are kept for {0} days', days)
}
