import type { AccountInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { codeOf, whenSigningIn, wordsOf } from './faults.ts'
import { requestPrompted } from './prompted.ts'
import type { Prompter } from './prompter.ts'
import type { Self } from './questions.ts'

/** What came of the attempt to make an account or to sign in. `again`: where to mend what was wrong. */
export type Outcome =
  | { readonly is: 'entered'; readonly account: AccountInfo }
  | { readonly is: 'again'; readonly at: 'invite' | 'name' | 'userName' | 'who' | 'code' | 'password' }
  | { readonly is: 'cancel' }

interface Entering {
  readonly hub: Pick<Hub, 'request' | 'onPrompt'>
  readonly prompter: Prompter
  readonly title: string
  readonly steps: number
  readonly nameStep: number
  readonly self: Self
  /** The team's name, and its link. */
  readonly team: string
  readonly link: string
  /** Empty: none, or it is in the link. */
  readonly invite: string
}

/** Makes the account, or signs in where it is there already. */
export async function enter(entering: Entering): Promise<Outcome> {
  const { prompter, self, team } = entering
  try {
    const title = self.signsIn ? l10n.t('Signing in to {0}…', team) : l10n.t('Joining {0}…', team)
    return { is: 'entered', account: await prompter.during(title, () => attempt(entering)) }
  } catch (error) {
    return afterFailure(error, entering)
  }
}

async function attempt(entering: Entering): Promise<AccountInfo> {
  const { hub, self, link, invite } = entering
  const { displayName, userName: name, password, code } = self
  if (self.isAsked) return attemptPrompted(entering)
  if (self.resets) return hub.request('resetPassword', { registry: link, name, code, newPassword: password })
  if (self.signsIn) return hub.request('signIn', { registry: link, name, password })
  try {
    return await hub.request('signUp', { registry: link, name, displayName, password, ...(invite && { invite }) })
  } catch (error) {
    if (codeOf(error) !== 'already-signed-up') throw error
    // The account was made before, and the answer was lost: this device is known there.
    return hub.request('signIn', { registry: link })
  }
}

/** The team asks what it wants to know, while this is under way. */
async function attemptPrompted({ hub, prompter, title, self, link: registry, invite }: Entering): Promise<AccountInfo> {
  const { displayName, userName: name, code } = self
  const asking = { hub, prompter, title }
  if (self.resets) return requestPrompted(asking, 'resetPassword', { registry, name, code })
  const by = 'prompts'
  if (self.signsIn) return requestPrompted(asking, 'signIn', { registry, name, by })
  return requestPrompted(asking, 'signUp', { registry, name, displayName, by, ...(invite && { invite }) })
}

async function afterFailure(error: unknown, entering: Entering): Promise<Outcome> {
  const { self } = entering
  if (self.resets) return afterReset(error, self)
  const words = wordsOf(self.signsIn && !self.isAsked ? whenSigningIn(error, self.userName) : error)
  const again = (at: Extract<Outcome, { is: 'again' }>['at']): Outcome => {
    // Without a question for a password of its own, the one who it is about is where everything is mended.
    const where = at === 'password' && self.isAsked ? name : at
    self.problem = { at: where === 'userName' ? 'name' : where, words }
    return { is: 'again', at: where }
  }
  if (self.isAsked && codeOf(error) === 'closed') return { is: 'cancel' }
  if (self.isAsked && !self.signsIn && isMade.has(codeOf(error))) {
    self.signsIn = true
    return enter(entering)
  }
  const name = self.asksWho ? 'who' : self.hasOwnUserName ? 'userName' : 'name'
  switch (codeOf(error)) {
    case 'name-taken':
      return (await isOneself(entering)) ?? again(name)
    case 'bad-name':
      return again(name)
    case 'unknown-user':
    case 'unknown-account':
    case 'second-device':
      self.signsIn = self.asksWho
      return again(name)
    case 'password-needed':
      self.signsIn = true
      self.password = ''
      return again('password')
    case 'bad-invite':
    case 'invite-needed':
    case 'sign-up-closed':
      return again('invite')
    default:
      // Nothing that was typed is to blame: Enter tries again.
      return again('password')
  }
}

/** The account was made before by this device, and the answer was lost. */
const isMade: ReadonlySet<string> = new Set(['password-needed', 'already-signed-up'])

/** A code that does not work may be mistyped, used or too old. */
function afterReset(error: unknown, self: Self): Outcome {
  const code = codeOf(error)
  const words =
    code === 'wrong-credentials' ? l10n.t('This is no code for {0} that still works.', self.userName) : wordsOf(error)
  const at = code === 'bad-password' ? 'password' : 'code'
  self.problem = { at, words }
  return { is: 'again', at }
}

/** Whoever is told that their name is taken may be the one who has it. Undefined: they are somebody else. */
async function isOneself(entering: Entering): Promise<Outcome | undefined> {
  const { prompter, title, steps, nameStep, self, team } = entering
  const answer = await prompter.choose({
    title: l10n.t('{0}: Name Taken', title),
    steps,
    step: nameStep,
    canGoBack: true,
    placeholder: l10n.t('Somebody in {0} is called {1} already', team, self.userName),
    choices: [
      { label: l10n.t('Choose another name'), value: false },
      {
        label: l10n.t('That is me: sign in'),
        detail: l10n.t('With the password of that account. On another computer you then approve this one.'),
        value: true,
      },
    ],
  })
  if (answer.is === 'cancel') return answer
  if (answer.is === 'back' || !answer.value) return undefined
  self.signsIn = true
  self.password = ''
  self.problem = undefined
  return self.isAsked ? enter(entering) : { is: 'again', at: 'password' }
}
