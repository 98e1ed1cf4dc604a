import { config as translate } from '@vscode/l10n'
import { type ExtensionContext, l10n, window } from 'vscode'
import { registerChatPanels } from './chat/late-panels.ts'
import { registerChats } from './chats/chats.ts'
import type { Context } from './context.ts'
import { registerDevices } from './devices/devices.ts'
import { connectHub } from './hub/connection.ts'
import { registerPeople } from './people/people.ts'
import { registerRequests } from './requests/requests.ts'
import { activationTimes, activationWords, markActivation } from './service/activation.ts'
import { registerService } from './service/service.ts'

/**
 * Called by VS Code once it has started: builds the parts in order, to be disposed of in reverse. What can be seen comes
 * first; VS Code runs no command of ours before the rest is there as well.
 */
export async function activate({ extensionUri, globalState, subscriptions }: ExtensionContext): Promise<void> {
  markActivation('begin')
  // For parts that know nothing of VS Code.
  if (l10n.bundle) translate({ contents: l10n.bundle })
  const log = window.createOutputChannel('Parley', { log: true })
  const hub = connectHub({ log, extensionUri })
  const chats = registerChatPanels({ hub, log, extensionUri }, globalState)
  const context: Context = { hub, log, extensionUri, chats }
  const parts = [
    log,
    hub,
    chats,
    registerService({ ...context, home: hub.home, memory: globalState }),
    registerPeople(context),
    registerChats(context),
    registerRequests(context, globalState),
    registerDevices(context, globalState),
  ]
  // VS Code begins with the first one.
  subscriptions.push(...parts.reverse())
  markActivation('end')
  const times = activationTimes()
  if (times) log.debug(`Activated in ${activationWords(times)}`)
  // The window draws its lists meanwhile.
  await new Promise(resolve => setImmediate(resolve))
  const { registerRest } = await import('./rest.ts')
  registerRest(context, subscriptions)
}
