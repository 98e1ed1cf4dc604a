import { randomUUID } from 'node:crypto'
import { homedir } from 'node:os'
import { commands, env, l10n, ProgressLocation, Uri, window, workspace } from 'vscode'
import { safeName } from '../chat/file-handlers.ts'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import type { KnownChat } from '../shared/known-chat.ts'
import { showHistoryProgress } from './progress.ts'

/** *Export*: writes all that is shown of a chat, or of all of them, to a file that the person names. */
export async function exportHistory({ hub }: Context, chat?: KnownChat): Promise<void> {
  const uri = await window.showSaveDialog({
    title: chat ? l10n.t('Export {0}', chat.name) : l10n.t('Export All Chats'),
    saveLabel: l10n.t('Export'),
    defaultUri: Uri.joinPath(Uri.file(homedir()), `${safeName(chat?.name ?? 'parley')}.jsonl`),
    filters: { [l10n.t('JSON Lines, can be imported again')]: ['jsonl'], [l10n.t('Markdown, to be read')]: ['md'] },
  })
  if (!uri) return
  const format = /\.(?:md|markdown)$/i.test(uri.path) ? 'markdown' : 'json'
  // The hub writes over no file; whether this one may be replaced the dialog has asked.
  const written = uri.with({ path: `${uri.path}.${randomUUID()}` })
  const title = l10n.t('Exporting to {0}', nameIn(uri))
  const { messages } = await window.withProgress({ location: ProgressLocation.Notification, title }, async shown => {
    const showing = showHistoryProgress(hub, written.fsPath, shown, env.language)
    try {
      const params = { file: written.fsPath, format, ...(chat && { with: chat.conversation }) } as const
      return await hub.request('exportHistory', params, { timeout: limits.longHistory })
    } finally {
      showing.dispose()
    }
  })
  await workspace.fs.rename(written, uri, { overwrite: true })
  void tellOf(uri, messages)
}

async function tellOf(uri: Uri, messages: number): Promise<void> {
  const open = l10n.t('Open')
  const show = l10n.t('Show in Folder')
  const words = l10n.t('Exported to {0}. Messages: {1}', nameIn(uri), messages)
  const chosen = await window.showInformationMessage(words, open, show)
  if (chosen === open) await commands.executeCommand('vscode.open', uri)
  if (chosen === show) await commands.executeCommand('revealFileInOS', uri)
}

function nameIn({ path }: Uri): string {
  return safeName(path.slice(path.lastIndexOf('/') + 1))
}
