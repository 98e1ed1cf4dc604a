import * as l10n from '@vscode/l10n'

/** How much was not read, in words. */
export function unreadWords(unread: number): string {
  return unread === 1 ? l10n.t('1 unread message') : l10n.t('{0} unread messages', unread)
}

/** How many of them name the person here, in words. */
export function mentionWords(mentions: number): string {
  return mentions === 1 ? l10n.t('1 of them mentions you') : l10n.t('{0} of them mention you', mentions)
}

/**
 * The same as a badge: VS Code shows two characters and no more. What names the person here goes before what does not;
 * what was marked by hand and counts nothing is a dot.
 */
export function unreadBadge(unread: number, mentions = 0): string {
  if (mentions > 0) return mentions > 9 ? '@∞' : `@${mentions}`
  if (unread === 0) return '●'
  return unread > 99 ? '∞' : String(unread)
}
