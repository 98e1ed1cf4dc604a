import { l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import { Boxes } from '../join/boxes.ts'
import { askNewPassword } from './password-steps.ts'

/** *Change Password*. */
export async function changePassword({ hub }: Context): Promise<void> {
  const prompter = new Boxes()
  let isChanged: boolean
  try {
    isChanged = await askNewPassword({ hub, prompter, name: hub.accounts?.[0]?.name ?? '' })
  } finally {
    prompter.dispose()
  }
  if (isChanged) void window.showInformationMessage(l10n.t('Your password is changed. Your devices stay signed in.'))
}
