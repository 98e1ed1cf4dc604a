import { commands, l10n, type QuickPickItem, window } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { inTeam } from '../shared/in-team.ts'
import { reportFailure } from '../shared/report.ts'

/** Registers what one looks after of one's own account. */
export function registerAccount(context: Context): Disposable {
  const { hub, log } = context
  const command = (name: string, act: () => Promise<void>) =>
    commands.registerCommand(`parley.${name}`, () => reportFailure(log, act))
  const parts = [
    command('account', () => inTeam(hub, () => showAccount(context))),
    command('changePassword', () => inTeam(hub, async () => (await import('./password.ts')).changePassword(context))),
    command('classicPassword', () =>
      inTeam(hub, async () => (await import('./classic.ts')).setClassicPassword(context)),
    ),
    command('receipts', () => inTeam(hub, async () => (await import('./receipts.ts')).chooseReceipts(context))),
    command('invites', () => inTeam(hub, async () => (await import('./invites.ts')).showInvites(context))),
  ]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}

/** *Account and Devices*: all that is not needed every day, in one place. */
async function showAccount({ hub }: Context): Promise<void> {
  const entry = (icon: string, label: string, command: string): QuickPickItem & { readonly command: string } => ({
    label: `$(${icon}) ${label}`,
    command,
  })
  const picked = await window.showQuickPick(
    [
      entry('vm', l10n.t('Your Devices…'), 'devices'),
      entry('key', l10n.t('Change Password…'), 'changePassword'),
      entry('unlock', l10n.t('Classic Password…'), 'classicPassword'),
      ...(hub.mayInvite ? [entry('mail', l10n.t('Invites…'), 'invites')] : []),
      entry('circle-slash', l10n.t('Blocked People…'), 'blockedPeople'),
      entry('person-add', l10n.t('Chat Requests: Ask or Accept…'), 'requestPolicy'),
      entry('eye', l10n.t('Read Receipts…'), 'receipts'),
      entry('export', l10n.t('Export All Chats…'), 'export'),
      entry('desktop-download', l10n.t('Import History…'), 'import'),
      entry('arrow-swap', l10n.t('Direct Connections…'), 'directConnections'),
    ],
    { title: l10n.t('Account and Devices'), placeHolder: l10n.t('What would you like to look after?') },
  )
  if (picked) await commands.executeCommand(`parley.${picked.command}`)
}
