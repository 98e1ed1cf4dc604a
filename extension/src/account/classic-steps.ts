import { checkPassword } from '@parley/daemon/protocol/passwords'
import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { faultOf } from '../join/faults.ts'
import type { Prompter, Remark } from '../join/prompter.ts'
import { fault } from '../join/questions.ts'
import { runSteps, type Step } from '../join/steps.ts'
import { limits } from '../limits.ts'

export interface SettingClassic {
  readonly hub: Pick<Hub, 'request'>
  readonly prompter: Prompter
  /** One's own user name. */
  readonly name: string
}

/** What was done: a way in for the original program was made or taken away. */
export type ClassicDone = 'set' | 'removed'

interface State {
  wish: 'set' | 'remove'
  alias: string
  done: ClassicDone | undefined
}

/** Asks whether one wants to sign in with the original program, under which name and with which password. */
export async function askClassic({ hub, prompter, name }: SettingClassic): Promise<ClassicDone | undefined> {
  const state: State = { wish: 'set', alias: lookAtAlias(name) ? '' : name, done: undefined }
  const title = l10n.t('Classic Password')
  const wish: Step<State> = {
    async ask(state) {
      const answer = await prompter.choose<State['wish']>({
        ...{ title, step: 1, steps: 3, canGoBack: false },
        placeholder: l10n.t('For signing in with the original program, which encrypts nothing'),
        choices: [
          {
            label: l10n.t('Set a classic password'),
            detail: l10n.t('It crosses the network in the clear: take one that you use nowhere else.'),
            value: 'set',
          },
          {
            label: l10n.t('Remove it'),
            detail: l10n.t('Nobody can sign in as you with the original program any more.'),
            value: 'remove',
          },
        ],
      })
      if (answer.is !== 'next') return 'cancel'
      state.wish = answer.value
      if (state.wish === 'set') return 'next'
      await prompter.during(l10n.t('Removing your classic password…'), () => hub.request('setClassic', {}))
      state.done = 'removed'
      return 'end'
    },
  }
  const alias: Step<State> = {
    async ask(state) {
      const answer = await prompter.ask({
        ...{ title, step: 2, steps: 3, canGoBack: true, text: state.alias },
        prompt: l10n.t('Your name there: 3 to 10 bytes, so at most 10 Latin letters'),
        look: text => lookAtAlias(text),
      })
      if (answer.is !== 'next') return answer.is
      state.alias = answer.value.trim()
      return 'next'
    },
  }
  const password: Step<State> = {
    async ask(state) {
      const answer = await prompter.ask({
        ...{ title, step: 3, steps: 3, canGoBack: true, isSecret: true, text: '' },
        prompt: l10n.t('A password of its own. Others on the network can read it: not the one of your account'),
        look: text => {
          if (text === '') return fault(l10n.t('Type a password.'))
          const words = faultOf(() => checkPassword(text))
          return words === undefined ? undefined : fault(words)
        },
        take: async password => {
          const { alias } = state
          const own = alias === name ? {} : { alias }
          await hub.request('setClassic', { ...own, password }, { timeout: limits.slowRequest })
          state.done = 'set'
        },
      })
      return answer.is
    },
  }
  await runSteps([wish, alias, password], state)
  return state.done
}

/** What the original program's fields hold. */
function lookAtAlias(text: string): Remark | undefined {
  const bytes = new TextEncoder().encode(text.trim()).length
  if (bytes >= limits.aliasShortest && bytes <= limits.aliasLongest && !/[\p{Cc}\s]/u.test(text.trim()))
    return undefined
  return fault(l10n.t('A name there has 3 to 10 bytes and no spaces.'))
}
