import { createHash } from 'node:crypto'
import { TabInputWebview, window, workspace } from 'vscode'
import type { Disposable } from '../event.ts'
import { chatTabs } from './views.ts'

/** How many tabs of this window hold chats, also those that have not been shown since it came. */
export function countChatTabs(): number {
  // VS Code puts a word of its own in front of the type of a webview's tab.
  return window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof TabInputWebview && input.viewType.endsWith(chatTabs)).length
}

/** Calls `listener` when tabs come or go. */
export function onTabs(listener: () => void): Disposable {
  return window.tabGroups.onDidChangeTabs(({ opened, closed }) => {
    if (opened.length + closed.length > 0) listener()
  })
}

/** By what the hub knows the workspace of this window; undefined: it has none. */
export function workspacePlace(): string | undefined {
  const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.toString())
  const name = workspace.workspaceFile?.toString() ?? folders.join('\n')
  return name === '' ? undefined : createHash('sha256').update(name).digest('base64url')
}

/** Whether the person wants the tabs of before. */
export function isRestoringTabs(): boolean {
  return workspace.getConfiguration('workbench.editor').get('restoreEditors', true)
}
