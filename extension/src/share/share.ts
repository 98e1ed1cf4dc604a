import { commands } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { withChats } from '../shared/in-team.ts'
import { reportFailure } from '../shared/report.ts'
import { LastEditor } from './selection.ts'

/** Registers sharing the selection. */
export function registerShare(context: Context): Disposable {
  const editors = new LastEditor()
  const command = commands.registerCommand('parley.shareSelection', () =>
    reportFailure(context.log, () =>
      withChats(context.hub, async () => {
        const { shareSelection } = await import('./share-selection.ts')
        await shareSelection(context, editors)
      }),
    ),
  )
  return {
    dispose() {
      command.dispose()
      editors.dispose()
    },
  }
}
