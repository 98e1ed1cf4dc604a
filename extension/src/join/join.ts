import { commands, l10n, type Uri, window } from 'vscode'
import { isMessageLink, type LinkedMessage, readLinked, readMessageLink } from '../chat/message-link.ts'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { reportFailure } from '../shared/report.ts'
import { askWhenUp } from '../shared/when-up.ts'
import { Entrance } from './entrance.ts'
import { signIn, signOut } from './signing.ts'
import { invite, startTeamHere } from './team.ts'

/** Registers joining and starting teams, sign-in and out, links. */
export function registerJoin(context: Context): Disposable {
  const entrance = new Entrance(context)
  const run = (what: () => Promise<void>) => reportFailure(context.log, what)
  const registered = [
    entrance,
    commands.registerCommand('parley.joinTeam', (link?: unknown) => run(() => entrance.joinTeam(link))),
    commands.registerCommand('parley.startTeam', () => run(() => startTeamHere(context))),
    commands.registerCommand('parley.chatByAddress', () => run(() => entrance.chatByAddress())),
    commands.registerCommand('parley.invite', () => run(() => invite(context))),
    commands.registerCommand('parley.signIn', () => run(() => signIn(context))),
    commands.registerCommand('parley.signOut', () => run(() => signOut(context))),
    commands.registerCommand('parley.openWalkthrough', () => run(openWalkthrough)),
    commands.registerCommand('parley.showMessage', (to: unknown) => run(() => showMessage(context, readLinked(to)))),
    window.registerUriHandler({ handleUri: uri => run(() => follow(context, entrance, uri)) }),
  ]
  return {
    dispose() {
      for (const one of registered) one.dispose()
    },
  }
}

/** An editor's link: to a message of a chat that is here, else into a team. Any web page can open one: it only shows. */
async function follow({ hub, chats }: Context, entrance: Entrance, uri: Uri): Promise<void> {
  if (!isMessageLink(uri)) return entrance.joinByUri(uri)
  await showMessage({ hub, chats }, readMessageLink(uri))
}

async function showMessage(
  { hub, chats }: Pick<Context, 'hub' | 'chats'>,
  linked: LinkedMessage | undefined,
): Promise<void> {
  // The window may just have come.
  const isHere = linked && (await askWhenUp(hub, 'openChat', { with: linked.conversation }).then(yes, no))
  if (linked && isHere) return chats.open(linked.conversation, { position: linked.position })
  void window.showWarningMessage(l10n.t('That message is in no chat of yours on this computer.'))
}

const yes = () => true
const no = () => false

async function openWalkthrough(): Promise<void> {
  await commands.executeCommand('workbench.action.openWalkthrough', 'parley.parley-chat#start', false)
}
