import { homedir } from 'node:os'
import { env, l10n, ProgressLocation, Uri, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { showHistoryProgress } from './progress.ts'

/** *Import History*: shows again what an export has written as JSON Lines. Nothing that is here is changed. */
export async function importHistory({ hub }: Context): Promise<void> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('Import What an Export Has Written'),
    openLabel: l10n.t('Import'),
    defaultUri: Uri.file(homedir()),
    filters: { [l10n.t('JSON Lines')]: ['jsonl', 'json'] },
  })
  const file = chosen?.[0]?.fsPath
  if (file === undefined) return
  const title = l10n.t('Importing history…')
  const { messages, known, dropped, left } = await window.withProgress(
    { location: ProgressLocation.Notification, title },
    async shown => {
      const showing = showHistoryProgress(hub, file, shown, env.language)
      try {
        return await hub.request('importHistory', { file }, { timeout: limits.longHistory })
      } finally {
        showing.dispose()
      }
    },
  )
  const words = [
    l10n.t('Imported. Messages that are new here: {0}, that were here already: {1}.', messages, known),
    ...(dropped > 0 ? [l10n.t('Dropped here before, which they stay: {0}.', dropped)] : []),
    ...(left > 0 ? [l10n.t('Left out: {0}, of rooms that are not here or of classic clients.', left)] : []),
  ]
  void window.showInformationMessage(words.join(' '))
}
