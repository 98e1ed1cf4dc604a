import { l10n, ProgressLocation, window } from 'vscode'
import type { Context } from '../context.ts'
import type { Hub } from '../hub/hub.ts'
import { Boxes } from '../join/boxes.ts'
import { codeOf } from '../join/faults.ts'
import { signInPrompted } from '../join/prompted.ts'
import { limits } from '../limits.ts'

/** *All my other devices are lost*: a new account key, after a serious question. */
export async function makeNewAccountKey({ hub }: Context): Promise<void> {
  const yes = l10n.t('Give Up My Other Devices')
  const detail = l10n.t(
    'Do this only if you can use none of your other devices any more. All of them are signed out for good. Everybody whom you chat with is told that your key has changed, and has to compare safety numbers or say yes before they hear from you. This cannot be undone.',
  )
  const question = l10n.t('Are all your other devices lost?')
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return
  const isAsked = hub.accounts?.[0]?.signsInBy === 'prompts'
  try {
    await make(hub)
  } catch (error) {
    if (!isAsked || codeOf(error) !== 'password-needed') throw error
    const prompter = new Boxes()
    try {
      const asking = { hub, prompter, title: l10n.t('Sign In') }
      if (!(await signInPrompted(asking, { afresh: true }))) return
    } finally {
      prompter.dispose()
    }
    await make(hub)
  }
}

async function make(hub: Hub): Promise<void> {
  const title = l10n.t('Making a new key for your account…')
  await window.withProgress({ location: ProgressLocation.Notification, title }, () =>
    hub.request('newAccountKey', {}, { timeout: limits.slowRequest }),
  )
}
