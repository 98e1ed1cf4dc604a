import { readUserName } from '@parley/daemon/protocol/names'
import { checkPassword } from '@parley/daemon/protocol/passwords'
import * as l10n from '@vscode/l10n'
import { faultOf } from './faults.ts'
import { lookAtName, lookAtUserName, namesFrom } from './names.ts'
import type { Answer, OtherWay, Prompter, Remark } from './prompter.ts'
import type { Step } from './steps.ts'

/** What somebody who makes an account says of themselves. */
export interface Self {
  /** As typed. */
  name: string
  displayName: string
  userName: string
  password: string
  /** The password that was typed twice. */
  confirmed: string
  /** What was wrong with the last try, to be shown where it can be mended. */
  problem: { readonly at: 'invite' | 'name' | 'who' | 'code' | 'password'; readonly words: string } | undefined
  /** Whether the user name was asked for on its own. */
  hasOwnUserName: boolean
  /** Whether the account is there already, and its password is asked for. */
  signsIn: boolean
  /** Whether it is asked for the user name of that account, rather than of a new one. */
  asksWho: boolean
  /** Whether a new password is set with a code that an admin has given. */
  resets: boolean
  code: string
  /** Whether the team asks by itself for what proves a person. */
  isAsked: boolean
}

export function newSelf(name: string): Self {
  return {
    name,
    displayName: '',
    userName: '',
    password: '',
    confirmed: '',
    problem: undefined,
    hasOwnUserName: false,
    signsIn: false,
    asksWho: false,
    resets: false,
    code: '',
    isAsked: false,
  }
}

/** What the questions about oneself are part of. */
export interface Flow<State> {
  readonly prompter: Prompter
  readonly title: string
  readonly steps: number
  /** The number of the step in which the name is asked for; the password is the next. */
  readonly nameStep: number
  /** The name of the team, or of its place. */
  readonly teamOf: (state: State) => string
  /** Whether somebody may have an account there already, from another computer. */
  readonly mayHaveOne?: boolean
  /** A word of warning before the last answer. */
  readonly lastWords?: string
}

/** Asks for the name, by which the user name is made as far as it can be. */
export function askName<State extends Self>({
  prompter,
  title,
  steps,
  nameStep,
  teamOf,
  mayHaveOne = false,
}: Flow<State>): Step<State> {
  return {
    applies: state => !state.signsIn,
    async ask(state, canGoBack) {
      const question = {
        title: l10n.t('{0}: Your Name', title),
        steps,
        step: nameStep,
        canGoBack,
        prompt: mayHaveOne
          ? l10n.t(
              'Your name, as people in {0} see it. If you have an account there, press the button above.',
              teamOf(state),
            )
          : l10n.t('Your name, as people in {0} see it', teamOf(state)),
        placeholder: l10n.t('such as alice, or Alice Smith'),
        text: state.name,
        problem: takeProblem(state, 'name'),
        look: (text: string) => (text.trim() === '' ? fault(l10n.t('Type a name.')) : lookAtName(text)),
      }
      const answer = await prompter.askOr(question, mayHaveOne ? [hasAccount()] : [])
      if (answer.is === 'other') {
        state.signsIn = true
        state.asksWho = true
        return 'next'
      }
      if (answer.is !== 'next')
        return keep(answer, text => {
          state.name = text
        })
      state.name = answer.value
      const { displayName, userName } = namesFrom(answer.value)
      state.displayName = displayName
      state.hasOwnUserName = userName === undefined
      if (userName !== undefined) state.userName = userName
      return 'next'
    },
  }
}

/** Asks for a user name where the name gives none. */
export function askUserName<State extends Self>(flow: Flow<State>): Step<State> {
  const { prompter, title, steps, nameStep } = flow
  return {
    applies: state => !state.signsIn && state.hasOwnUserName,
    async ask(state, canGoBack) {
      const answer = await prompter.ask({
        title: l10n.t('{0}: User Name', title),
        steps,
        step: nameStep,
        canGoBack,
        prompt: l10n.t('Your user name: 3 to 32 of a-z, 0-9, dot, dash and underscore'),
        placeholder: l10n.t('such as alice'),
        text: state.userName,
        problem: takeProblem(state, 'name'),
        look: text => (text.trim() === '' ? fault(l10n.t('Type a user name.')) : lookAtUserName(text)),
      })
      if (answer.is !== 'next')
        return keep(answer, text => {
          state.userName = text
        })
      state.userName = readUserName(answer.value)
      return 'next'
    },
  }
}

/**
 * Asks for a password: a new one, or the one of an account that is there. Who has forgotten that goes on with `code`, the
 * step that asks for the code of an admin.
 */
export function askPassword<State extends Self>(flow: Flow<State>, code: Step<State>): Step<State> {
  const { prompter, title, steps, nameStep, lastWords } = flow
  return {
    applies: state => !state.isAsked,
    async ask(state, canGoBack) {
      const isOld = state.signsIn && !state.resets
      const prompt = isOld
        ? l10n.t('The password of {0} in {1}', state.userName, flow.teamOf(state))
        : l10n.t('Choose a password. It never leaves this computer; you need it again if you sign out.')
      const question = {
        title: l10n.t('{0}: Password', title),
        steps,
        step: nameStep + 1,
        canGoBack,
        prompt: isOld || lastWords === undefined ? prompt : `${prompt} ${lastWords}`,
        text: state.password,
        isSecret: true,
        problem: takeProblem(state, 'password'),
        look: (text: string) => lookAtPassword(text, isOld),
      }
      const answer = await prompter.askOr(question, isOld ? [hasCode()] : [])
      if (answer.is === 'other') {
        state.resets = true
        return code
      }
      if (answer.is !== 'next')
        return keep(answer, text => {
          state.password = text
        })
      state.password = answer.value
      return 'next'
    },
  }
}

/** Asks for a new password once more: nobody could tell somebody who has mistyped it. */
export function askPasswordAgain<State extends Self>(flow: Flow<State>): Step<State> {
  const { prompter, title, steps, nameStep } = flow
  return {
    applies: state => !state.isAsked && (!state.signsIn || state.resets) && state.confirmed !== state.password,
    async ask(state, canGoBack) {
      const answer = await prompter.ask({
        title: l10n.t('{0}: Password', title),
        steps,
        step: nameStep + 1,
        canGoBack,
        prompt: l10n.t('The same password again'),
        text: '',
        isSecret: true,
        look: text =>
          text === '' || state.password.startsWith(text) ? undefined : fault(l10n.t('This is not the same password.')),
        take: async text => {
          if (text !== state.password)
            throw new Error(l10n.t('The two passwords differ. Type the same again, or go back.'))
        },
      })
      if (answer.is !== 'next') return answer.is
      state.confirmed = answer.value
      return 'next'
    },
  }
}

/** The way of somebody who has an account there, from another computer. */
export function hasAccount(): OtherWay<'account'> {
  return { label: l10n.t('I Have an Account'), icon: 'account', value: 'account' }
}

/** The way of somebody who has forgotten their password. */
export function hasCode(): OtherWay<'code'> {
  return { label: l10n.t('I Have a Reset Code'), icon: 'key', value: 'code' }
}

/** The problem of the last try, told once. */
export function takeProblem(state: Self, at: NonNullable<Self['problem']>['at']): string | undefined {
  const { problem } = state
  if (problem?.at !== at) return undefined
  state.problem = undefined
  return problem.words
}

export function fault(words: string): Remark {
  return { is: 'fault', words }
}

function lookAtPassword(text: string, isOld: boolean): Remark | undefined {
  if (text === '') return fault(isOld ? l10n.t('Type your password.') : l10n.t('Type a password.'))
  const words = isOld ? undefined : faultOf(() => checkPassword(text))
  return words === undefined ? undefined : fault(words)
}

/** Keeps what was typed for when somebody comes back to it. */
export function keep(answer: Exclude<Answer<string>, { is: 'next' }>, save: (text: string) => void): 'back' | 'cancel' {
  if (answer.is === 'back') save(answer.text)
  return answer.is
}
