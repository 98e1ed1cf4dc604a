import * as l10n from '@vscode/l10n'

/** How much was not read, in words. */
export function unreadWords(unread: number): string {
  return unread === 1 ? l10n.t('1 unread message') : l10n.t('{0} unread messages', unread)
}

/** The same as a badge: VS Code shows two characters and no more. */
export function unreadBadge(unread: number): string {
  return unread > 99 ? '∞' : String(unread)
}
