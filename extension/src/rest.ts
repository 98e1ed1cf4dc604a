import type { ExtensionContext } from 'vscode'
import { registerAccount } from './account/account.ts'
import type { Context } from './context.ts'
import { registerHistory } from './history/history.ts'
import { registerJoin } from './join/join.ts'
import { registerNotify } from './notify/notify.ts'
import { registerRooms } from './rooms/rooms.ts'
import { registerSearch } from './search/search.ts'
import { registerShare } from './share/share.ts'
import { registerTrust } from './trust/trust.ts'

/** The parts of which nothing is seen before somebody asks for it; their code is read once the window has its lists. */
export function registerRest(context: Context, subscriptions: ExtensionContext['subscriptions']): void {
  subscriptions.push(
    registerShare(context),
    registerNotify(context),
    registerAccount(context),
    registerTrust(context),
    registerHistory(context),
    registerSearch(context),
    registerRooms(context),
    registerJoin(context),
  )
}
