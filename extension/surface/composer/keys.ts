import type { ChatView } from '../../src/chat/messages.ts'

/** What a key does in the composer; `nothing`: what it does in any field of text. */
export type KeyAction = 'send' | 'newLine' | 'leave' | 'recall' | 'nothing'

/** What is known of a key press. */
export interface Key {
  readonly key: string
  readonly keyCode: number
  readonly isComposing: boolean
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}

/** What a key does. While an input method composes, every key is its own, also the Enter that ends it (key code 229). */
export function actionOf(key: Key, sendWith: ChatView['sendWith'], isEmpty: boolean): KeyAction {
  if (key.isComposing || key.keyCode === 229) return 'nothing'
  const isWithCtrl = key.ctrlKey || key.metaKey
  const isPlain = !isWithCtrl && !key.shiftKey && !key.altKey
  switch (key.key) {
    case 'Enter':
      if (key.shiftKey || key.altKey) return isWithCtrl || key.altKey ? 'newLine' : 'nothing'
      if (sendWith === 'enter') return isWithCtrl ? 'newLine' : 'send'
      return isWithCtrl ? 'send' : 'nothing'
    case 'Escape':
      return isPlain ? 'leave' : 'nothing'
    case 'F6':
      return isPlain ? 'leave' : 'nothing'
    case 'ArrowUp':
      return isPlain && isEmpty ? 'recall' : 'nothing'
    default:
      return 'nothing'
  }
}
