import { window } from 'vscode'
import type { Watched } from './once.ts'

/** The window that this extension runs in. */
export const thisWindow: Watched = {
  isFocused: () => window.state.focused,
  onFocus: listener => window.onDidChangeWindowState(({ focused }) => focused && listener()),
}
