import type { Status } from '@parley/daemon/protocol/control'
import { l10n, ThemeColor, ThemeIcon } from 'vscode'

/** How somebody stands, as an icon: filled, half-filled, struck through or hollow, so never by colour alone. */
export function presenceIcon(status: Status): ThemeIcon {
  const { icon, colour } = icons[status]
  return new ThemeIcon(icon, colour === undefined ? undefined : new ThemeColor(colour))
}

/** How somebody stands, in a word. */
export function presenceWord(status: Status): string {
  switch (status) {
    case 'online':
      return l10n.t('online')
    case 'away':
      return l10n.t('away')
    case 'busy':
      return l10n.t('busy')
    case 'offline':
      return l10n.t('offline')
  }
}

const icons: Readonly<Record<Status, { readonly icon: string; readonly colour?: string }>> = {
  online: { icon: 'circle-filled', colour: 'charts.green' },
  away: { icon: 'color-mode', colour: 'charts.yellow' },
  busy: { icon: 'circle-slash', colour: 'charts.red' },
  offline: { icon: 'circle-outline' },
}
