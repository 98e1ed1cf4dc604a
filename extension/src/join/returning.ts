import { readUserName } from '@parley/daemon/protocol/names'
import * as l10n from '@vscode/l10n'
import { lookAtUserName } from './names.ts'
import { type Flow, fault, keep, type Self, takeProblem } from './questions.ts'
import type { Step } from './steps.ts'

/** Asks somebody who has an account there for its user name. `before`: where who goes back comes to. */
export function askWho<State extends Self & { readonly isClosed?: boolean }>(
  { prompter, title, steps, nameStep, teamOf }: Flow<State>,
  before: (state: State) => Step<State>,
): Step<State> {
  return {
    applies: state => state.signsIn && state.asksWho,
    async ask(state) {
      const answer = await prompter.ask({
        title: l10n.t('{0}: Your Account', title),
        steps,
        step: nameStep,
        canGoBack: true,
        prompt: promptOf(teamOf(state), state.isClosed === true),
        placeholder: l10n.t('such as alice'),
        text: state.userName,
        problem: takeProblem(state, 'who'),
        look: text => (text.trim() === '' ? fault(l10n.t('Type a user name.')) : lookAtUserName(text)),
      })
      if (answer.is === 'back') {
        // They are new there after all.
        state.signsIn = false
        state.asksWho = false
        state.resets = false
        state.userName = answer.text
        return before(state)
      }
      if (answer.is === 'cancel') return 'cancel'
      state.userName = readUserName(answer.value)
      return 'next'
    },
  }
}

function promptOf(team: string, isClosed: boolean): string {
  const words = l10n.t('Your user name in {0}. You then approve this computer on another one of yours.', team)
  return isClosed ? `${l10n.t('{0} takes no new people.', team)} ${words}` : words
}

/** Asks for the one-use code of an admin, with which a new password is set. */
export function askCode<State extends Self>({ prompter, title, steps, nameStep }: Flow<State>): Step<State> {
  return {
    applies: state => state.resets,
    async ask(state, canGoBack) {
      const answer = await prompter.ask({
        title: l10n.t('{0}: Reset Code', title),
        steps,
        step: nameStep + 1,
        canGoBack,
        prompt: l10n.t('The code that an admin of the team has given you. It works once'),
        text: state.code,
        problem: takeProblem(state, 'code'),
        look: text => (text.trim() === '' ? fault(l10n.t('Type the code.')) : undefined),
      })
      if (answer.is === 'back') state.resets = false
      if (answer.is !== 'next')
        return keep(answer, text => {
          state.code = text
        })
      state.code = answer.value.trim()
      state.password = ''
      state.confirmed = ''
      return 'next'
    },
  }
}
