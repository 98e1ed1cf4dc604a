import { type ExtensionContext, window } from 'vscode'
import { registerChatPanels } from './chat/panels.ts'
import { registerChats } from './chats/chats.ts'
import type { Context } from './context.ts'
import { connectHub } from './hub/connection.ts'
import { registerJoin } from './join/join.ts'
import { registerNotify } from './notify/notify.ts'
import { registerPeople } from './people/people.ts'
import { registerService } from './service/service.ts'
import { registerShare } from './share/share.ts'

/** Called by VS Code once it has started: builds the parts in order; VS Code disposes of them in reverse. */
export function activate({ extensionUri, subscriptions }: ExtensionContext): void {
  const begun = performance.now()
  const log = window.createOutputChannel('Parley', { log: true })
  const hub = connectHub({ log, extensionUri })
  const chats = registerChatPanels({ hub, log, extensionUri })
  const context: Context = { hub, log, extensionUri, chats }
  subscriptions.push(
    log,
    hub,
    chats,
    registerService({ ...context, home: hub.home }),
    registerJoin(context),
    registerPeople(context),
    registerChats(context),
    registerNotify(context),
    registerShare(context),
  )
  log.debug(`Activated in ${ms(begun, performance.now())}; loading the code took ${ms(loadBegan(), begun)}`)
}

/** When VS Code began to read the bundle, whose first line marks it. */
function loadBegan(): number {
  return performance.getEntriesByName('parley.load').at(-1)?.startTime ?? performance.now()
}

function ms(from: number, to: number): string {
  return `${(to - from).toFixed(1)} ms`
}
