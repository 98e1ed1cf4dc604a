import { checkPassword } from '@parley/daemon/protocol/passwords'
import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { faultOf, whenSigningIn } from '../join/faults.ts'
import type { Prompter } from '../join/prompter.ts'
import { fault } from '../join/questions.ts'
import { runSteps, type Step } from '../join/steps.ts'
import { limits } from '../limits.ts'

export interface Changing {
  readonly hub: Pick<Hub, 'request'>
  readonly prompter: Prompter
  readonly name: string
}

interface State {
  password: string
  newPassword: string
}

/** Asks for the password, then twice for the new one, and changes it. Gives whether that was done. */
export async function askNewPassword({ hub, prompter, name }: Changing): Promise<boolean> {
  const state: State = { password: '', newPassword: '' }
  const title = l10n.t('Change Password')
  const old: Step<State> = {
    async ask(state) {
      const answer = await prompter.ask({
        ...{ title, step: 1, steps: 3, canGoBack: false, isSecret: true, text: state.password },
        prompt: l10n.t('The password of {0} until now', name),
        look: text => (text === '' ? fault(l10n.t('Type your password.')) : undefined),
      })
      if (answer.is !== 'next') return 'cancel'
      state.password = answer.value
      return 'next'
    },
  }
  const fresh: Step<State> = {
    async ask(state) {
      const answer = await prompter.ask({
        ...{ title, step: 2, steps: 3, canGoBack: true, isSecret: true, text: state.newPassword },
        prompt: l10n.t('Choose a new password'),
        look: text => {
          if (text === '') return fault(l10n.t('Type a password.'))
          if (text === state.password) return fault(l10n.t('This is the password that you have.'))
          const words = faultOf(() => checkPassword(text))
          return words === undefined ? undefined : fault(words)
        },
      })
      if (answer.is !== 'next') return answer.is
      state.newPassword = answer.value
      return 'next'
    },
  }
  const again: Step<State> = {
    async ask({ password, newPassword }) {
      const answer = await prompter.ask({
        ...{ title, step: 3, steps: 3, canGoBack: true, isSecret: true, text: '' },
        prompt: l10n.t('The same password again'),
        look: text => (newPassword.startsWith(text) ? undefined : fault(l10n.t('This is not the same password.'))),
        take: async text => {
          if (text !== newPassword)
            throw new Error(l10n.t('The two passwords differ. Type the same again, or go back.'))
          await hub
            .request('changePassword', { password, newPassword }, { timeout: limits.slowRequest })
            .catch(error => {
              throw whenSigningIn(error, name)
            })
        },
      })
      return answer.is
    },
  }
  return runSteps([old, fresh, again], state)
}
