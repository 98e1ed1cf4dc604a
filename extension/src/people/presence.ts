import type { Status } from '@parley/daemon/protocol/control'
import { ThemeColor, ThemeIcon } from 'vscode'

export { presenceWord } from '../shared/seen.ts'

/** Presence by shape, full, half, barred or hollow, and by a colour of the theme. The shapes are icons of our own font. */
export function presenceIcon(status: Status): ThemeIcon {
  const { id, color } = icons[status]
  return new ThemeIcon(id, new ThemeColor(color))
}

/** The codicon of a room: `#`. */
export const roomIcon = 'symbol-numeric'

const icons: Readonly<Record<Status, { readonly id: string; readonly color: string }>> = {
  online: { id: 'parley-online', color: 'charts.green' },
  away: { id: 'parley-away', color: 'charts.yellow' },
  busy: { id: 'parley-busy', color: 'charts.red' },
  offline: { id: 'parley-offline', color: 'disabledForeground' },
}
