import { commands, l10n, StatusBarAlignment, window } from 'vscode'
import type { Disposable } from '../event.ts'
import { limits } from '../limits.ts'
import { Coalesced } from '../shared/coalesce.ts'
import { ConnectionCheck } from './check-connection.ts'
import { ChangedKeys, contextKeysOf } from './context-keys.ts'
import { registerDirect } from './direct.ts'
import { healthOf } from './health.ts'
import { askToRestart, tellOfFailures } from './questions.ts'
import { copyReport, restartHub, type ServiceContext, showLog } from './service-commands.ts'
import { showMenu } from './show-menu.ts'
import { showHealth } from './status-bar.ts'

/** Registers the status bar item, its menu, the commands around the hub, and the context keys of views and menus. */
export function registerService(context: ServiceContext): Disposable {
  const { hub } = context
  const item = window.createStatusBarItem('parley.status', StatusBarAlignment.Right, statusPriority)
  item.name = 'Parley'
  item.command = { command: 'parley.showMenu', title: l10n.t('Show Menu') }
  const keys = new ChangedKeys()
  const refresh = new Coalesced(() => {
    showHealth(item, healthOf(hub))
    for (const [key, value] of keys.next(contextKeysOf(hub))) void commands.executeCommand('setContext', key, value)
  }, limits.refresh)
  refresh.ask()
  item.show()
  const registered: Disposable[] = [
    item,
    refresh,
    hub.onState(refresh.ask),
    hub.onAccounts(refresh.ask),
    hub.onConversations(refresh.ask),
    hub.onPeople(refresh.ask),
    hub.onRequests(refresh.ask),
    hub.onPendingDevices(refresh.ask),
    tellOfFailures(hub),
    askToRestart(hub),
    new ConnectionCheck(context),
    registerDirect(context, context.memory),
    commands.registerCommand('parley.showMenu', () => showMenu(context)),
    commands.registerCommand('parley.restartHub', () => restartHub(context)),
    commands.registerCommand('parley.showLog', () => showLog(context)),
    commands.registerCommand('parley.copyReport', () => copyReport(context)),
    commands.registerCommand('parley.openSettings', () =>
      commands.executeCommand('workbench.action.openSettings', '@ext:parley.parley-chat'),
    ),
  ]
  return {
    dispose() {
      for (const one of registered) one.dispose()
    },
  }
}

/** Left of language and notifications, right of what others put there without a number. */
const statusPriority = 50
