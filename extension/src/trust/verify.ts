import { env, l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { digitRows } from '../shared/digits.ts'
import type { Whom } from '../shared/whom.ts'

/** Shows the safety number with somebody, and takes what the person found when they compared it. */
export async function verify({ hub }: Context, { with: who, name }: Whom): Promise<void> {
  const { digits, person } = await hub.request('safetyNumber', { with: who }, slow)
  const [match, differ, copy] = [l10n.t('They Match'), l10n.t('They Do Not Match'), l10n.t('Copy')]
  const how = l10n.t(
    'Compare these digits with {0}, over the phone or side by side: on their computer choose “Verify…” for the chat with you. If all of them are the same, nobody is in between.',
    name,
  )
  const detail = [...digitRows(digits), '', how].join('\n')
  const title =
    person.trust === 'verified'
      ? l10n.t('{0} is verified. Your safety number:', name)
      : l10n.t('Your safety number with {0}', name)
  for (;;) {
    const answer = await window.showInformationMessage(title, { modal: true, detail }, match, differ, copy)
    if (answer !== copy) {
      if (answer !== undefined) await settle({ who, name, digits, verified: answer === match }, hub)
      return
    }
    await env.clipboard.writeText(digitRows(digits).join('\n'))
  }
}

/** *Go On Unverified*: asks first, because whoever is in between would like nothing better. */
export async function acceptKey({ hub }: Context, { with: who, name }: Whom): Promise<void> {
  const yes = l10n.t('Go On Unverified')
  const detail = l10n.t(
    'You had verified {0}, and their key is another one now. That happens when somebody has lost all their devices; it also happens when somebody else has taken over the account. Ask them by another way, or compare safety numbers.',
    name,
  )
  const question = l10n.t('Go on with {0} without comparing?', name)
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return
  await hub.request('acceptKey', { with: who })
}

interface Compared {
  readonly who: string
  readonly name: string
  readonly digits: string
  readonly verified: boolean
}

async function settle({ who, name, digits, verified }: Compared, hub: Context['hub']): Promise<void> {
  await hub.request('setVerified', { with: who, digits, verified })
  if (verified) {
    void window.setStatusBarMessage(`$(verified) ${l10n.t('{0} is verified', name)}`, limits.saidFor)
    return
  }
  const words = l10n.t(
    'If the digits of {0} are others, somebody may be in between. Send nothing private in this chat, and tell whoever runs your team.',
    name,
  )
  void window.showWarningMessage(words)
}

/** 5,200 rounds of a hash, on a machine that may be busy. */
const slow = { timeout: limits.slowRequest }
