import type { AccountInfo, ControlRequests, PromptInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { codeOf, wordsOf } from './faults.ts'
import type { Prompter } from './prompter.ts'

/** The requests in whose course the team may ask the person. */
type Prompted = 'signUp' | 'signIn' | 'changePassword' | 'resetPassword'

export interface Asking {
  readonly hub: Pick<Hub, 'request' | 'onPrompt'>
  readonly prompter: Prompter
  /** What is being done, as the boxes' title. */
  readonly title: string
  /** What was wrong with the last answers, shown with the first question. */
  readonly problem?: string | undefined
}

/**
 * Makes a request, and shows the person what the team asks meanwhile, one box after the other. Who closes a box gives it
 * up. Rejects with ParleyError, `closed` then.
 */
export async function requestPrompted<Method extends Prompted>(
  asking: Asking,
  method: Method,
  params: ControlRequests[Method][0],
): Promise<ControlRequests[Method][1]> {
  const { hub } = asking
  let { problem } = asking
  let turn: Promise<unknown> = Promise.resolve()
  const listening = hub.onPrompt(asked => {
    const told = problem
    problem = undefined
    turn = turn.then(() => answer({ ...asking, problem: told }, asked))
  })
  try {
    return await hub.request(method, { ...params, prompts: true }, { timeout: limits.prompted })
  } finally {
    listening.dispose()
  }
}

/** Signs in by what the team asks; who has answered wrongly is asked again. Undefined: the person went away. */
export async function signInPrompted(
  asking: Asking,
  params: ControlRequests['signIn'][0],
): Promise<AccountInfo | undefined> {
  let { problem } = asking
  for (let tries = 1; ; tries++) {
    try {
      return await requestPrompted({ ...asking, problem }, 'signIn', params)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'closed') return undefined
      if (code !== 'wrong-credentials' || tries === limits.promptTries) throw error
      problem = wordsOf(error)
    }
  }
}

async function answer(asking: Asking, asked: PromptInfo): Promise<void> {
  const { prompt, kind } = asked
  const given = kind === 'link' ? await askByPage(asking, asked) : await ask(asking, asked)
  // Refused only when nobody waits any more, which the request itself tells.
  const params = { prompt, ...(given !== undefined && { answer: given }) }
  await asking.hub.request('answerPrompt', params).catch(() => {})
}

async function ask(asking: Asking, { team, text, kind }: PromptInfo): Promise<string | undefined> {
  const answer = await asking.prompter.ask({
    ...placeOf(asking),
    prompt: l10n.t('{0} asks, and sees what you type: {1}', team, text),
    text: '',
    isSecret: kind === 'secret',
    problem: asking.problem,
  })
  return answer.is === 'next' ? answer.value : undefined
}

/** A page is opened only when the person says so, who sees its address. */
async function askByPage(asking: Asking, { team, text }: PromptInfo): Promise<string | undefined> {
  const { prompter, problem } = asking
  const words = l10n.t('{0} asks you to sign in on a page of {1}', team, new URL(text).host)
  const consent = await prompter.choose({
    ...placeOf(asking),
    placeholder: problem === undefined ? words : `${problem} ${words}`,
    choices: [
      { label: l10n.t('Open the page in my browser'), detail: text, value: true },
      { label: l10n.t('Do not open it'), detail: l10n.t('You are not signed in then.'), value: false },
    ],
  })
  if (consent.is !== 'next' || !consent.value || !(await prompter.open(text))) return undefined
  const answer = await prompter.ask({
    ...placeOf(asking),
    prompt: l10n.t('Press Enter when you are done there. If the page shows a code, type it first'),
    text: '',
  })
  return answer.is === 'next' ? answer.value : undefined
}

function placeOf({ title }: Asking) {
  return { title, step: 1, steps: 1, canGoBack: false }
}
