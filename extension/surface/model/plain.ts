import * as l10n from '@vscode/l10n'

/** The text of a message as it can be read aloud, at most `length` characters: no marks of formatting, code only named. */
export function plainText(text: string, length: number): string {
  // What is beyond is not looked at: messages have up to 100,000 characters.
  const start = text.slice(0, length * 4)
  const plain = start
    .replace(/^ {0,3}(```|~~~)[^\n]*\n[\s\S]*?(?:^ {0,3}\1[^\n]*$|(?![\s\S]))/gm, ` ${l10n.t('code')} `)
    .replace(/\[([^\]\n]*)\]\([^)\n]*\)/g, '$1')
    .replace(/[*_~`]+|^\s*(?:#{1,6}|>+|[-+])\s/gm, '')
    .replace(/\s+/g, ' ')
    // Controls, and marks that turn the direction of what follows.
    .replace(/[\p{Cc}\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '')
    .trim()
  if (plain.length <= length && start.length === text.length) return plain
  return `${[...plain.slice(0, length - 1)].join('').replace(/[\ud800-\udbff]$/, '')}…`
}
