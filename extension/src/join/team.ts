import type { InviteInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { env, window, workspace } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import { Boxes } from './boxes.ts'
import { askInvite, type InviteWish, inviteWords, usualInvite } from './inviting.ts'
import { addressOf, alreadyIn } from './places.ts'
import { ownAccount, suggestedName } from './self.ts'
import { startTeam } from './starting.ts'
import { welcome } from './welcome.ts'

/** *Start a Team on This Computer*: ends with an invite in the clipboard. */
export async function startTeamHere(context: Context): Promise<void> {
  const own = ownAccount(context)
  if (own) {
    void window.showInformationMessage(plainLine(alreadyIn(own, own.registry).words, limits.sentence))
    return
  }
  const prompter = new Boxes()
  const name = suggestedName()
  // There the system asks before a program may be reached from outside.
  const asksForFirewall = process.platform === 'win32' || process.platform === 'darwin'
  try {
    const account = await startTeam({ hub: context.hub, prompter, team: suggestedTeam(name), name, asksForFirewall })
    if (!account) return
    try {
      await makeInvite(context, usualInvite)
    } finally {
      await welcome(context, account)
    }
  } finally {
    prompter.dispose()
  }
}

/** *Invite People*, at the computer on which the team lives. */
export async function invite(context: Context): Promise<void> {
  const prompter = new Boxes()
  let wish: InviteWish | undefined
  try {
    wish = await askInvite(prompter)
  } finally {
    prompter.dispose()
  }
  if (wish) await makeInvite(context, wish)
}

async function makeInvite(context: Context, { uses, lasts, forName }: InviteWish): Promise<void> {
  const expires = Date.now() + lasts
  const made = await context.hub.request('invite', { uses, expires, ...(forName !== undefined && { forName }) })
  await env.clipboard.writeText(made.text)
  // Nobody waits for the person to have read it.
  void tellOfInvite(teamOf(context), made)
}

async function tellOfInvite(team: string, made: InviteInfo): Promise<void> {
  const again = l10n.t('Copy Again')
  const asText = l10n.t('Open as Text')
  const words = plainLine(inviteWords(team, made, Date.now()), limits.sentence)
  for (;;) {
    const chosen = await window.showInformationMessage(words, again, asText)
    if (chosen === again) await env.clipboard.writeText(made.text)
    else if (chosen === asText) await window.showTextDocument(await workspace.openTextDocument({ content: made.text }))
    else return
  }
}

function teamOf(context: Context): string {
  const own = ownAccount(context)
  return own ? own.team || addressOf(own.address) : l10n.t('your team')
}

function suggestedTeam(name: string): string {
  const person = name.charAt(0).toUpperCase() + name.slice(1)
  return name === '' ? (workspace.workspaceFolders?.[0]?.name ?? '') : l10n.t('{0}’s team', person)
}
