import { homedir } from 'node:os'
import { commands, l10n, Uri, window, workspace } from 'vscode'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import type { FileGround } from './file-handlers.ts'

/** Files, by VS Code's own dialogs. The extension runs where the hub does, so paths mean the same to both. */
export const fileGround: FileGround = {
  async pickFiles() {
    const chosen = await window.showOpenDialog({
      canSelectMany: true,
      title: l10n.t('Send Files'),
      openLabel: l10n.t('Add to Message'),
    })
    return (chosen ?? []).map(({ fsPath }) => fsPath)
  },
  async pickPlace(name) {
    const folder = workspace.workspaceFolders?.[0]?.uri ?? Uri.file(homedir())
    const chosen = await window.showSaveDialog({ title: l10n.t('Save File'), defaultUri: Uri.joinPath(folder, name) })
    return chosen?.fsPath
  },
  saved(path) {
    const uri = Uri.file(path)
    const open = l10n.t('Open')
    const show = l10n.t('Show in Folder')
    const name = plainLine(uri.path.slice(uri.path.lastIndexOf('/') + 1), limits.fileName)
    void window.showInformationMessage(l10n.t('{0} is saved.', name), open, show).then(async chosen => {
      if (chosen === open) await commands.executeCommand('vscode.open', uri)
      if (chosen === show) await commands.executeCommand('revealFileInOS', uri)
    })
  },
  readFile: path => Promise.resolve(workspace.fs.readFile(Uri.file(path))),
}
