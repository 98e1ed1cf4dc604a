import { l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import { Boxes } from '../join/boxes.ts'
import { requestPrompted } from '../join/prompted.ts'
import { askNewPassword } from './password-steps.ts'

/** *Change Password*. */
export async function changePassword({ hub }: Context): Promise<void> {
  const prompter = new Boxes()
  const [account] = hub.accounts ?? []
  let isChanged = true
  try {
    if (account?.signsInBy === 'prompts') {
      await requestPrompted({ hub, prompter, title: l10n.t('Change Password') }, 'changePassword', {})
    } else {
      isChanged = await askNewPassword({ hub, prompter, name: account?.name ?? '' })
    }
  } finally {
    prompter.dispose()
  }
  if (isChanged) void window.showInformationMessage(l10n.t('Your password is changed. Your devices stay signed in.'))
}
