import { commands, window } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { reportFailure } from '../shared/report.ts'
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
    window.registerUriHandler({ handleUri: uri => run(() => entrance.joinByUri(uri)) }),
  ]
  return {
    dispose() {
      for (const one of registered) one.dispose()
    },
  }
}

async function openWalkthrough(): Promise<void> {
  await commands.executeCommand('workbench.action.openWalkthrough', 'parley.parley-chat#start', false)
}
