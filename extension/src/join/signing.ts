import type { AccountInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { commands, window } from 'vscode'
import type { Context } from '../context.ts'
import { Boxes } from './boxes.ts'
import { codeOf, whenSigningIn } from './faults.ts'
import { addressOf } from './places.ts'
import { signInPrompted } from './prompted.ts'
import type { Question } from './prompter.ts'
import { fault, hasCode } from './questions.ts'
import { resetPassword } from './resetting.ts'
import { ownAccount } from './self.ts'
import { showPending } from './welcome.ts'

/** *Sign In*: by this device's key if the team lets it, else by the password. */
export async function signIn(context: Context): Promise<void> {
  const account = ownAccount(context)
  if (!account) {
    await commands.executeCommand('parley.joinTeam')
    return
  }
  const { hub } = context
  try {
    await showIfPending(await hub.request('signIn', {}))
  } catch (error) {
    if (!wantsPassword.has(codeOf(error))) throw error
    await (account.signsInBy === 'prompts' ? signInAsAsked(context) : signInByPassword(context))
  }
}

async function signInByPassword(context: Context): Promise<void> {
  const account = ownAccount(context)
  const name = account?.name ?? ''
  const prompter = new Boxes()
  let signed: AccountInfo | undefined
  try {
    const question: Question = {
      title: l10n.t('Sign In'),
      step: 1,
      steps: 1,
      canGoBack: false,
      prompt: l10n.t('The password of {0} in {1}', name, account?.team || addressOf(account?.address ?? '')),
      text: '',
      isSecret: true,
      look: text => (text === '' ? fault(l10n.t('Type your password.')) : undefined),
      take: async password => {
        signed = await context.hub.request('signIn', { password }).catch(error => {
          throw whenSigningIn(error, name)
        })
      },
    }
    const answer = await prompter.askOr(question, [hasCode()])
    if (answer.is === 'other') {
      signed = await resetPassword({ hub: context.hub, prompter, name, registry: account?.address })
    }
    await showIfPending(signed)
  } finally {
    prompter.dispose()
  }
}

async function signInAsAsked({ hub }: Context): Promise<void> {
  const prompter = new Boxes()
  try {
    await showIfPending(await signInPrompted({ hub, prompter, title: l10n.t('Sign In') }, {}))
  } finally {
    prompter.dispose()
  }
}

async function showIfPending(account: AccountInfo | undefined): Promise<void> {
  if (account?.state === 'pending') await showPending()
}

/** *Sign Out*: asks first, and says what becomes of messages. */
export async function signOut(context: Context): Promise<void> {
  const account = ownAccount(context)
  if (!account) return
  const yes = l10n.t('Sign Out')
  const question = l10n.t('Sign out of {0}?', account.team || addressOf(account.address))
  const detail = l10n.t(
    'Your messages stay on this computer. Until you sign in again, which takes your password, nobody reaches you here: what others write waits on their side, and what you have not sent yet waits on yours.',
  )
  const answer = await window.showWarningMessage(question, { modal: true, detail }, yes)
  if (answer === yes) await context.hub.request('signOut', {})
}

/** The key of this device is not enough any more. */
const wantsPassword: ReadonlySet<string> = new Set(['password-needed', 'signed-out'])
