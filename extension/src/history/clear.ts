import { l10n, ProgressLocation, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import type { KnownChat } from '../shared/known-chat.ts'

/** *Clear History*: drops all that is shown of a chat, from one's own devices, once the person has confirmed it. */
export async function clearHistory({ hub }: Context, { conversation, name }: KnownChat): Promise<void> {
  const yes = l10n.t('Clear')
  const question = l10n.t('Clear the history of {0} on your devices?', name)
  const detail = l10n.t(
    'Everything that was said so far disappears for good, on all of your devices. The others keep it. To be able to read it again, export it first.',
  )
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return
  const title = l10n.t('Clearing the history of {0}…', name)
  await window.withProgress({ location: ProgressLocation.Notification, title }, () =>
    hub.request('clearHistory', { conversation }, { timeout: limits.longHistory }),
  )
}
