import type { AccountInfo } from '@parley/daemon/protocol/control'
import { readTeamName } from '@parley/daemon/protocol/names'
import * as l10n from '@vscode/l10n'
import { type AskedHub, whenUp } from '../shared/when-up.ts'
import { enter } from './entering.ts'
import { faultOf, wordsOf } from './faults.ts'
import type { Prompter } from './prompter.ts'
import { askName, askPassword, askPasswordAgain, askUserName, fault, keep, newSelf, type Self } from './questions.ts'
import { askCode } from './returning.ts'
import { runSteps, type Step } from './steps.ts'

export interface StartOptions {
  readonly hub: AskedHub
  readonly prompter: Prompter
  /** What to call the team, unless the person knows better. */
  readonly team: string
  /** A name to begin with. */
  readonly name: string
  /** Whether the system asks before a program may be reached from outside. */
  readonly asksForFirewall: boolean
}

interface Starting extends Self {
  team: string
  account: AccountInfo | undefined
}

/** Asks for the team's name, one's own and a password; then the team is started here, and its first account made. */
export async function startTeam(options: StartOptions): Promise<AccountInfo | undefined> {
  const { hub, prompter, asksForFirewall } = options
  const state: Starting = { ...newSelf(options.name), team: options.team, account: undefined }
  const title = l10n.t('Start a Team')
  const lastWords = asksForFirewall
    ? l10n.t('If your system then asks whether Parley may accept connections, allow it, or nobody can join.')
    : undefined
  const flow = {
    prompter,
    title,
    steps: 3,
    nameStep: 2,
    teamOf: ({ team }: Starting) => team,
    ...(lastWords !== undefined && { lastWords }),
  }
  const [name, userName, code] = [askName(flow), askUserName(flow), askCode(flow)]
  const password = askPassword(flow, code)
  const entering: Step<Starting> = {
    async ask(state) {
      const hosted = await host(hub, prompter, state)
      if (!hosted) return password
      state.team = hosted.team
      const outcome = await enter({ ...flow, hub, self: state, team: hosted.team, link: hosted.address, invite: '' })
      if (outcome.is === 'cancel') return 'cancel'
      if (outcome.is === 'entered') {
        state.account = outcome.account
        return 'end'
      }
      if (outcome.at === 'invite' && state.problem) state.problem = { ...state.problem, at: 'password' }
      return { invite: password, name, userName, who: name, code, password }[outcome.at]
    },
  }
  const steps = [askTeam(prompter, title), name, userName, code, password, askPasswordAgain(flow), entering]
  await runSteps(steps, state)
  return state.account
}

function askTeam(prompter: Prompter, title: string): Step<Starting> {
  return {
    async ask(state) {
      const answer = await prompter.ask({
        title: l10n.t('{0}: Name', title),
        steps: 3,
        step: 1,
        canGoBack: false,
        prompt: l10n.t(
          'What is the team called? It lives on this computer: while that is on, it can be reached over the network, and people join by invite.',
        ),
        placeholder: l10n.t('such as Acme'),
        text: state.team,
        look: text => {
          if (text.trim() === '') return fault(l10n.t('Type a name for the team.'))
          const words = faultOf(() => readTeamName(text))
          return words === undefined ? undefined : fault(words)
        },
      })
      if (answer.is !== 'next')
        return keep(answer, text => {
          state.team = text
        })
      state.team = readTeamName(answer.value)
      return 'next'
    },
  }
}

/** Undefined when it could not be started: the state says why. */
async function host(hub: AskedHub, prompter: Prompter, state: Starting) {
  try {
    return await prompter.during(l10n.t('Starting {0}…', state.team), async () => {
      await whenUp(hub)
      return hub.request('hostTeam', { team: state.team })
    })
  } catch (error) {
    state.problem = { at: 'password', words: wordsOf(error) }
    return undefined
  }
}
