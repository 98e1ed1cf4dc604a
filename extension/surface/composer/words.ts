import * as l10n from '@vscode/l10n'
import type { ChatView } from '../../src/chat/messages.ts'
import { limits } from '../limits.ts'
import type { Size } from './size.ts'

/** What Enter does, the more important half first. */
export function hintOf(sendWith: ChatView['sendWith'], isMac = /^mac/i.test(navigator.platform)): readonly string[] {
  if (sendWith === 'enter') return [l10n.t('Enter to send'), l10n.t('Shift+Enter new line')]
  return [isMac ? l10n.t('⌘Enter to send') : l10n.t('Ctrl+Enter to send'), l10n.t('Enter new line')]
}

/** How large a message is, and what to do about one that is too large; empty: it is fine. */
export function sizeInWords(size: Size): string {
  if (size.is === 'fine') return ''
  if (size.is === 'split') return l10n.t('Goes out in about {0} parts of {1} bytes', size.packets, limits.packet)
  if (size.is === 'near') return l10n.t('{0} of {1} KB', Math.floor(size.bytes / 1024), limits.message / 1024)
  return l10n.t('Too long to send by {0} characters. Shorten it, or send it in parts.', size.by.toLocaleString())
}
