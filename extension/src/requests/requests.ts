import { ParleyError } from '@parley/daemon/client/basics'
import { commands, l10n } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { type OnceMemory, TellOnce } from '../shared/once.ts'
import { reportFailure } from '../shared/report.ts'
import { thisWindow } from '../shared/this-window.ts'
import { RequestsView } from './requests-view.ts'
import { type RequestRow, rowOf } from './rows.ts'

/** Registers chat requests: the view, the answers, and telling of new ones. `memory` keeps which were told of. */
export function registerRequests(context: Context, memory: OnceMemory): Disposable {
  const { hub, log } = context
  const answers = () => import('./answer.ts')
  const view = new RequestsView(hub)
  const once = new TellOnce<RequestRow>('toldRequests', {
    memory,
    window: thisWindow,
    tell: row => void reportFailure(log, async () => (await answers()).tellOfRequest(context, row)),
  })
  const look = () => once.show(hub.requests.map(rowOf))
  const onRow = (name: string, act: (context: Context, row: RequestRow) => Promise<void>) =>
    commands.registerCommand(`parley.request.${name}`, (argument: unknown) =>
      reportFailure(log, async () => {
        const row = view.row(argument)
        if (!row) throw new ParleyError('usage', l10n.t('Choose a request in the list first.'))
        await act(context, row)
      }),
    )
  // A key that is held down answers once: the row stays until the hub tells that it is gone.
  const answered = new Set<string>()
  const answer = (name: string, act: (context: Context, row: RequestRow) => Promise<void>) =>
    onRow(name, async (_, row) => {
      if (answered.has(row.id)) return
      answered.add(row.id)
      try {
        await act(context, row)
      } catch (error) {
        answered.delete(row.id)
        throw error
      }
    })
  const parts = [
    view,
    once,
    hub.onRequests(look),
    onRow('show', async (...about) => (await answers()).showRequest(...about)),
    answer('accept', async (...about) => (await answers()).acceptRequest(...about)),
    answer('decline', async (...about) => (await answers()).declineRequest(...about)),
    answer('block', async (...about) => (await answers()).blockRequest(...about)),
    commands.registerCommand('parley.requestPolicy', () =>
      reportFailure(log, async () => (await import('./policy.ts')).setPolicy(context)),
    ),
  ]
  look()
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}
