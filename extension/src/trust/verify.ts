import type { ControlRequests, PersonInfo } from '@parley/daemon/protocol/control'
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
      if (answer === match) await matched(hub, { with: who, digits, verified: true }, name)
      if (answer === differ) await differed(hub, { with: who, digits, verified: false }, person, name)
      return
    }
    await env.clipboard.writeText(digitRows(digits).join('\n'))
  }
}

/** *Go On Unverified*: asks first, because whoever is in between would like nothing better. */
export async function acceptKey({ hub }: Context, { with: who, name }: Whom): Promise<void> {
  const yes = l10n.t('Go On Unverified')
  const detail = l10n.t(
    'The key of {0} is another one than before. That happens when somebody has lost all their devices; it also happens when somebody else has taken over the account. Ask them by another way, or compare safety numbers.',
    name,
  )
  const question = l10n.t('Go on with {0} without comparing?', name)
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return
  await hub.request('acceptKey', { with: who })
}

type Compared = ControlRequests['setVerified'][0]

async function matched(hub: Context['hub'], compared: Compared, name: string): Promise<void> {
  await hub.request('setVerified', compared, slow)
  void window.setStatusBarMessage(`$(verified) ${l10n.t('{0} is verified', name)}`, limits.saidFor)
}

/** A key that has changed stays undecided: to call it unverified would let messages pass. */
async function differed(hub: Context['hub'], compared: Compared, { trust }: PersonInfo, name: string): Promise<void> {
  if (trust === 'verified') await hub.request('setVerified', compared, slow)
  const words = l10n.t(
    'If the digits of {0} are others, somebody may be in between. Send nothing private in this chat, and tell whoever runs your team.',
    name,
  )
  void window.showWarningMessage(words)
}

/** 5,200 rounds of a hash, on a machine that may be busy. */
const slow = { timeout: limits.slowRequest }
