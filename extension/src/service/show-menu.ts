import { commands, l10n, type QuickPickItem, QuickPickItemKind, window } from 'vscode'
import type { Context } from '../context.ts'
import { healthOf } from './health.ts'
import { type MenuCommand, menuOf } from './menu.ts'

interface Item extends QuickPickItem {
  readonly command?: MenuCommand
}

/** Shows what one can do with Parley just now, and does what is picked. */
export async function showMenu({ hub }: Context): Promise<void> {
  const hasUnread = [...hub.conversations.values()].some(({ unread }) => unread > 0)
  const { is, self, devices, requests } = healthOf(hub)
  const groups = menuOf({ is, hasUnread, mayInvite: hub.mayInvite, devices, requests })
  const separator: Item = { label: '', kind: QuickPickItemKind.Separator }
  const items = groups.flatMap((group, index) => [...(index > 0 ? [separator] : []), ...group.map(itemOf)])
  const picked = await window.showQuickPick(items, {
    title: self ? `Parley · ${l10n.t('{0} in {1}', self.name, self.team)}` : 'Parley',
    placeHolder: l10n.t('What would you like to do?'),
  })
  const command = picked?.command
  if (command) await commands.executeCommand(views[command] ?? `parley.${command}`)
}

/** Those that lead to a view. */
const views: Partial<Record<MenuCommand, string>> = {
  requests: 'parley.requests.focus',
  showPending: 'parley.pending.focus',
}

function itemOf(command: MenuCommand): Item {
  const [icon, label] = entries()[command]
  return { label: `$(${icon}) ${label}`, command }
}

/** Asked for each time: the editor's language is known only when it runs. */
function entries(): Readonly<Record<MenuCommand, readonly [icon: string, label: string]>> {
  return {
    joinTeam: ['sign-in', l10n.t('Join a Team…')],
    startTeam: ['organization', l10n.t('Start a Team on This Computer…')],
    chatByAddress: ['plug', l10n.t('Chat by Address…')],
    signIn: ['sign-in', l10n.t('Sign In…')],
    signOut: ['sign-out', l10n.t('Sign Out')],
    openChat: ['comment-discussion', l10n.t('Open Chat…')],
    nextUnread: ['arrow-right', l10n.t('Go to Next Unread Chat')],
    setStatus: ['circle-large', l10n.t('Set My Status…')],
    devices: ['vm-outline', l10n.t('Your Devices: One Waits…')],
    requests: ['person-add', l10n.t('Chat Requests')],
    showPending: ['vm-outline', l10n.t('Show How to Approve This Device')],
    account: ['account', l10n.t('Account and Devices…')],
    checkConnection: ['pulse', l10n.t('Check Connection')],
    invite: ['person-add', l10n.t('Invite People…')],
    openSettings: ['settings-gear', l10n.t('Open Settings')],
    openWalkthrough: ['lightbulb', l10n.t('Show Me Around')],
    restartHub: ['refresh', l10n.t('Restart Background Service')],
    showLog: ['output', l10n.t('Show Log')],
    copyReport: ['clippy', l10n.t('Copy Diagnostic Report')],
  }
}
