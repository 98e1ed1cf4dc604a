import { commands, window } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { Entrance } from './entrance.ts'
import { wordsOf } from './faults.ts'
import { signIn, signOut } from './signing.ts'
import { invite, startTeamHere } from './team.ts'

/** Registers joining and starting teams, sign-in and out, links. */
export function registerJoin(context: Context): Disposable {
  const entrance = new Entrance(context)
  const run = (what: () => Promise<void>) => what().catch(error => told(context, error))
  const registered = [
    commands.registerCommand('parley.joinTeam', () => run(() => entrance.joinTeam())),
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

/** What a person is told: the words only, as what they typed may be in what was asked. */
function told({ log }: Context, error: unknown): void {
  const words = wordsOf(error)
  log.warn(words)
  void window.showErrorMessage(words)
}
