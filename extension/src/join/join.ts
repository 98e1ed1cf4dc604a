import { commands, l10n, type Uri, window } from 'vscode'
import { isMessageLink, type LinkedMessage, readLinked, readMessageLink } from '../chat/message-link.ts'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { reportFailure } from '../shared/report.ts'
import { askWhenUp } from '../shared/when-up.ts'
import type { Entrance } from './entrance.ts'

/** Registers joining and starting teams, sign-in and out, links. */
export function registerJoin(context: Context): Disposable {
  const entrance = entranceOf(context)
  const signing = () => import('./signing.ts')
  const team = () => import('./team.ts')
  const run = (what: () => Promise<void>) => reportFailure(context.log, what)
  const registered = [
    entrance,
    commands.registerCommand('parley.joinTeam', (link?: unknown) =>
      run(async () => (await entrance.get()).joinTeam(link)),
    ),
    commands.registerCommand('parley.startTeam', () => run(async () => (await team()).startTeamHere(context))),
    commands.registerCommand('parley.chatByAddress', () => run(async () => (await entrance.get()).chatByAddress())),
    commands.registerCommand('parley.invite', () => run(async () => (await team()).invite(context))),
    commands.registerCommand('parley.signIn', () => run(async () => (await signing()).signIn(context))),
    commands.registerCommand('parley.signOut', () => run(async () => (await signing()).signOut(context))),
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

interface LateEntrance extends Disposable {
  get(): Promise<Entrance>
}

/** One for the window, made when it is needed first. */
function entranceOf(context: Context): LateEntrance {
  let made: Promise<Entrance> | undefined
  return {
    get() {
      made ??= import('./entrance.ts').then(({ Entrance }) => new Entrance(context))
      return made
    },
    dispose: () => void made?.then(entrance => entrance.dispose()),
  }
}

/** An editor's link: to a message of a chat that is here, else into a team. Any web page can open one: it only shows. */
async function follow({ hub, chats }: Context, entrance: LateEntrance, uri: Uri): Promise<void> {
  if (!isMessageLink(uri)) return (await entrance.get()).joinByUri(uri)
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
