import { l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import { Boxes } from '../join/boxes.ts'
import { askClassic } from './classic-steps.ts'

/** *Classic Password*. */
export async function setClassicPassword({ hub }: Context): Promise<void> {
  const prompter = new Boxes()
  try {
    const done = await askClassic({ hub, prompter, name: hub.accounts?.[0]?.name ?? '' })
    if (done === 'set') void window.showInformationMessage(l10n.t('You can sign in with the original program now.'))
    if (done === 'removed') void window.showInformationMessage(l10n.t('Your classic password is removed.'))
  } finally {
    prompter.dispose()
  }
}
