import type { Availability } from '@parley/daemon/protocol/control'
import { l10n, type QuickPickItem, window } from 'vscode'
import type { Hub } from '../hub/hub.ts'
import { presenceIcon } from './presence.ts'

/** Has a person say how they are to be seen. */
export async function setStatus(hub: Hub): Promise<void> {
  const chosen = hub.accounts?.[0]?.availability
  const picked = await window.showQuickPick(
    choices().map(choice => (choice.availability === chosen ? { ...choice, description: l10n.t('current') } : choice)),
    { title: l10n.t('Set My Status'), placeHolder: l10n.t('How do others see you?') },
  )
  if (picked && picked.availability !== chosen) {
    await hub.request('setAvailability', { availability: picked.availability })
  }
}

function choices(): readonly (QuickPickItem & { readonly availability: Availability })[] {
  return [
    {
      availability: 'available',
      label: l10n.t('Available'),
      detail: l10n.t('Others see you as online, and as away when none of your windows is open.'),
      iconPath: presenceIcon('online'),
    },
    {
      availability: 'busy',
      label: l10n.t('Busy'),
      detail: l10n.t('Others see that you may answer later. You get no notifications; unread counts still show.'),
      iconPath: presenceIcon('busy'),
    },
    {
      availability: 'invisible',
      label: l10n.t('Invisible'),
      detail: l10n.t(
        'Others see you as offline. Messages come and go as ever, and whoever writes to you learns that you got them.',
      ),
      iconPath: presenceIcon('offline'),
    },
  ]
}
