import { config as translate } from '@vscode/l10n'
import { type ExtensionContext, l10n, window } from 'vscode'
import { registerAccount } from './account/account.ts'
import { registerChatPanels } from './chat/panels.ts'
import { registerChats } from './chats/chats.ts'
import type { Context } from './context.ts'
import { registerDevices } from './devices/devices.ts'
import { registerHistory } from './history/history.ts'
import { connectHub } from './hub/connection.ts'
import { registerJoin } from './join/join.ts'
import { registerNotify } from './notify/notify.ts'
import { registerPeople } from './people/people.ts'
import { registerRequests } from './requests/requests.ts'
import { registerRooms } from './rooms/rooms.ts'
import { registerSearch } from './search/search.ts'
import { activationTimes, activationWords, markActivation } from './service/activation.ts'
import { registerService } from './service/service.ts'
import { registerShare } from './share/share.ts'
import { registerTrust } from './trust/trust.ts'

/** Called by VS Code once it has started: builds the parts in order, to be disposed of in reverse. */
export function activate({ extensionUri, globalState, subscriptions }: ExtensionContext): void {
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
    registerJoin(context),
    registerPeople(context),
    registerChats(context),
    registerRooms(context),
    registerSearch(context),
    registerHistory(context),
    registerRequests(context, globalState),
    registerTrust(context),
    registerDevices(context, globalState),
    registerAccount(context),
    registerNotify(context),
    registerShare(context),
  ]
  // VS Code begins with the first one.
  subscriptions.push(...parts.reverse())
  markActivation('end')
  const times = activationTimes()
  if (times) log.debug(`Activated in ${activationWords(times)}`)
}
