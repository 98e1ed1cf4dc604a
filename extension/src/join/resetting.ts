import type { AccountInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { codeOf, wordsOf } from './faults.ts'
import type { Prompter } from './prompter.ts'
import { askPassword, askPasswordAgain, newSelf, type Self } from './questions.ts'
import { askCode } from './returning.ts'
import { runSteps, type Step } from './steps.ts'

export interface ResetOptions {
  readonly hub: Pick<Hub, 'request'>
  readonly prompter: Prompter
  readonly name: string
  /** The link of the team. */
  readonly registry: string | undefined
}

/**
 * Asks somebody whose account this home has for an admin's code and a new password, and signs them in with it.
 * Undefined: they went away.
 */
export async function resetPassword({ hub, prompter, name, registry }: ResetOptions): Promise<AccountInfo | undefined> {
  const state: Self = { ...newSelf(name), userName: name, signsIn: true, resets: true }
  const flow = { prompter, title: l10n.t('Sign In'), steps: 2, nameStep: 0, teamOf: () => '' }
  const code = askCode(flow)
  let signed: AccountInfo | undefined
  const setting: Step<Self> = {
    async ask(state) {
      try {
        signed = await prompter.during(l10n.t('Signing in…'), () =>
          hub.request('resetPassword', {
            ...(registry !== undefined && { registry }),
            name,
            code: state.code,
            newPassword: state.password,
          }),
        )
        return 'end'
      } catch (error) {
        const isCode = codeOf(error) === 'wrong-credentials'
        const words = isCode ? l10n.t('This is no code for {0} that still works.', name) : wordsOf(error)
        state.problem = { at: 'code', words }
        return code
      }
    },
  }
  const second = { ...flow, nameStep: 1 }
  await runSteps([code, askPassword(second, code), askPasswordAgain(second), setting], state)
  return signed
}
