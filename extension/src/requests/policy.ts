import { l10n, type QuickPickItem, window } from 'vscode'
import type { Context } from '../context.ts'

/** Has a person choose what becomes of chat requests. */
export async function setPolicy({ hub }: Context): Promise<void> {
  const { policy } = await hub.request('requests', {})
  const choices: readonly (QuickPickItem & { readonly policy: typeof policy })[] = [
    {
      policy: 'ask',
      label: l10n.t('Ask me'),
      detail: l10n.t('Whoever is not of your team waits until you have accepted.'),
    },
    {
      policy: 'accept',
      label: l10n.t('Accept all'),
      detail: l10n.t('Whoever can reach your computer can write to you, under any name.'),
    },
  ]
  const picked = await window.showQuickPick(
    choices.map(choice => (choice.policy === policy ? { ...choice, description: l10n.t('current') } : choice)),
    { title: l10n.t('Chat Requests'), placeHolder: l10n.t('What becomes of requests from outside your team?') },
  )
  if (picked && picked.policy !== policy) await hub.request('setRequestPolicy', { policy: picked.policy })
}
