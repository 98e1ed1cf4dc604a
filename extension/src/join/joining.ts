import { ParleyError } from '@parley/daemon/client/basics'
import type { AccountInfo, ProbeInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { type AskedHub, askWhenUp } from '../shared/when-up.ts'
import { enter } from './entering.ts'
import { faultOf } from './faults.ts'
import { addressOf, alreadyIn, type FoundTeam, isInviteOf, lookAtPlace, readInviteFor, shortId } from './places.ts'
import type { Prompter } from './prompter.ts'
import {
  askName,
  askPassword,
  askPasswordAgain,
  askUserName,
  fault,
  hasAccount,
  keep,
  newSelf,
  type Self,
  takeProblem,
} from './questions.ts'
import { askCode, askWho } from './returning.ts'
import { runSteps, type Step } from './steps.ts'

export interface JoinOptions {
  readonly hub: AskedHub
  readonly prompter: Prompter
  /** Whoever uses this home already, if somebody does: they can join nothing else. */
  readonly account: () => AccountInfo | undefined
  /** What stands in the box at first. */
  readonly place: string
  /** Whether that was found in the clipboard, where the person may not know of it. */
  readonly isFromClipboard?: boolean
  /** Whether that is looked at without being asked to. */
  readonly takesAtOnce?: boolean
  /** A name to begin with. */
  readonly name: string
  /** `chat`: somebody's own Parley will do too, and ends the flow. */
  readonly seeks: 'team' | 'chat'
}

type Peer = Extract<ProbeInfo, { readonly is: 'peer' }>

export type Joined =
  | { readonly is: 'joined'; readonly account: AccountInfo }
  /** Somebody's own Parley answers at `place`. */
  | { readonly is: 'peer'; readonly place: string; readonly peer: Peer }
  | { readonly is: 'cancelled' }

interface Joining extends Self {
  place: string
  team: FoundTeam | undefined
  peer: Peer | undefined
  /** Whether the team takes no new people. */
  isClosed: boolean
  /** Typed on its own, for a team whose address had none. */
  invite: string
  account: AccountInfo | undefined
}

/** Asks where the team is, who one is and for a password, each with what it needs, and makes the account. */
export async function join(options: JoinOptions): Promise<Joined> {
  const { hub, prompter } = options
  const state: Joining = {
    ...newSelf(options.name),
    place: options.place,
    team: undefined,
    peer: undefined,
    isClosed: false,
    invite: '',
    account: undefined,
  }
  const title = options.seeks === 'chat' ? l10n.t('Chat by Address') : l10n.t('Join a Team')
  const teamOf = ({ team }: Joining) => team?.team ?? ''
  const flow = { prompter, title, steps: 3, nameStep: 2, teamOf, mayHaveOne: true }
  const place = askPlace(options, title)
  const invite = askInvite(prompter, title)
  const [name, userName, code] = [askName(flow), askUserName(flow), askCode(flow)]
  const who = askWho(flow, ({ team }) => (team?.signUp === 'closed' ? place : name))
  const password = askPassword(flow, code)
  const entering: Step<Joining> = {
    async ask(state) {
      const { team } = state
      if (!team) return place
      const outcome = await enter({ ...flow, hub, self: state, team: team.team, link: team.link, invite: state.invite })
      if (outcome.is === 'cancel') return 'cancel'
      if (outcome.is === 'entered') {
        state.account = outcome.account
        return 'end'
      }
      const ways = { invite: team.hasCode ? place : invite, name, userName, who, code, password }
      return ways[outcome.at]
    },
  }
  const oneself = [name, userName, who, code, password, askPasswordAgain(flow)]
  const steps = [place, invite, askTrust(prompter, title), askWay(prompter, title), ...oneself, entering]
  await runSteps(steps, state)
  if (state.account) return { is: 'joined', account: state.account }
  return state.peer ? { is: 'peer', place: state.place, peer: state.peer } : { is: 'cancelled' }
}

function askPlace(options: JoinOptions, title: string): Step<Joining> {
  const { hub, prompter, account, seeks, takesAtOnce = false } = options
  let isFirst = true
  return {
    async ask(state) {
      const answer = await prompter.ask({
        title: l10n.t('{0}: Where', title),
        steps: 3,
        step: 1,
        canGoBack: false,
        prompt: promptOf(options),
        placeholder: 'parley://…',
        text: state.place,
        problem: takeProblem(state, 'invite'),
        takesAtOnce: takesAtOnce && isFirst,
        look: text => (text.trim() === '' ? fault(l10n.t('Paste an invite, or type an address.')) : lookAtPlace(text)),
        take: async (text, signal) => {
          const found = await askWhenUp(hub, 'probe', { text }, signal)
          const own = account()
          if (found.is === 'registry' && own) throw said(alreadyIn(own, found.registry).words)
          if (found.is !== 'registry' && seeks === 'team')
            throw said(
              l10n.t('Somebody’s own Parley answers there, and no team. Ask for the address or an invite of the team.'),
            )
          state.team = found.is === 'registry' ? found : undefined
          state.isAsked = state.team?.signsInBy?.includes('password') === false
          state.peer = found.is === 'peer' ? found : undefined
          // Who has an account there may still sign in.
          state.isClosed = found.is === 'registry' && found.signUp === 'closed'
          state.signsIn = state.isClosed
          state.asksWho = state.isClosed
        },
      })
      isFirst = false
      if (answer.is !== 'next')
        return keep(answer, text => {
          state.place = text
        })
      state.place = answer.value
      return state.peer ? 'end' : 'next'
    },
  }
}

function promptOf({ seeks, isFromClipboard }: JoinOptions): string {
  if (isFromClipboard) {
    return l10n.t('Paste the invite that you were given, or press Enter to take this one from your clipboard')
  }
  return seeks === 'chat'
    ? l10n.t('The address of somebody’s Parley or of a team, such as 192.168.1.20 or chat.example.com:3131')
    : l10n.t('Paste the invite that you were given, a link to the team, or its address')
}

function askInvite(prompter: Prompter, title: string): Step<Joining> {
  return {
    applies: ({ team, signsIn }) => team?.signUp === 'invite' && !team.hasCode && !signsIn,
    async ask(state, canGoBack) {
      const { team } = state
      if (!team) return 'back'
      const question = {
        title: l10n.t('{0}: Invite', title),
        steps: 3,
        step: 1,
        canGoBack,
        prompt: l10n.t('{0} lets people in by invite only. Paste the invite that you were given.', team.team),
        placeholder: 'parley://…',
        text: state.invite,
        problem: takeProblem(state, 'invite'),
        look: (text: string) => {
          if (text.trim() === '') return fault(l10n.t('Paste the invite. Somebody in the team can make one.'))
          const words = faultOf(() => readInviteFor(team, text))
          return words === undefined ? undefined : fault(words)
        },
      }
      const answer = await prompter.askOr(question, [hasAccount()])
      if (answer.is === 'other') {
        state.signsIn = true
        state.asksWho = true
        return 'next'
      }
      if (answer.is !== 'next')
        return keep(answer, text => {
          state.invite = text
        })
      state.invite = readInviteFor(team, answer.value)
      return 'next'
    },
  }
}

/** A team whose key nobody has named is taken on trust, once, and only if the person says so. */
function askTrust(prompter: Prompter, title: string): Step<Joining> {
  return {
    applies: ({ team, invite }) => team !== undefined && !team.isPinned && !isInviteOf(team, invite),
    async ask({ team }, canGoBack) {
      if (!team) return 'back'
      const answer = await prompter.choose({
        title: l10n.t('{0}: Is This the Team?', title),
        steps: 3,
        step: 1,
        canGoBack,
        placeholder: l10n.t('{0} answers at {1}. Is this the team that you mean?', team.team, addressOf(team.address)),
        choices: [
          {
            label: l10n.t('Yes, join {0}', team.team),
            detail: l10n.t(
              'Its key begins with {0}. Parley remembers it, and warns you if it ever changes.',
              shortId(team.registry),
            ),
            value: 'next' as const,
          },
          {
            label: l10n.t('No, go back'),
            detail: l10n.t('An invite names the key of its team, so that nobody can pretend to be it.'),
            value: 'back' as const,
          },
        ],
      })
      return answer.is === 'next' ? answer.value : answer.is
    },
  }
}

/** A team that asks by itself may also take passwords that it never sees: who has an account knows which it is. */
function askWay(prompter: Prompter, title: string): Step<Joining> {
  return {
    applies: ({ team }) => team?.signsInBy?.includes('password') === true,
    async ask(state, canGoBack) {
      const team = state.team?.team ?? ''
      const answer = await prompter.choose({
        title: l10n.t('{0}: How to Sign In', title),
        steps: 3,
        step: 2,
        canGoBack,
        placeholder: l10n.t('How do you sign in to {0}?', team),
        choices: [
          {
            label: l10n.t('With a password of its own'),
            detail: l10n.t('It never leaves this computer.'),
            value: false,
          },
          {
            label: l10n.t('As {0} asks', team),
            detail: l10n.t('Such as with the account of your company. The team sees what you answer.'),
            value: true,
          },
        ],
      })
      if (answer.is !== 'next') return answer.is
      state.isAsked = answer.value
      return 'next'
    },
  }
}

function said(words: string): ParleyError {
  return new ParleyError('unsupported', words)
}
