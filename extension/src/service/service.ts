import { commands, l10n, StatusBarAlignment, window } from 'vscode'
import type { Disposable } from '../event.ts'
import { limits } from '../limits.ts'
import { Coalesced } from '../shared/coalesce.ts'
import { reportFailure } from '../shared/report.ts'
import type { ConnectionCheck } from './check-connection.ts'
import { ChangedKeys, contextKeysOf } from './context-keys.ts'
import { registerDirect } from './direct.ts'
import { healthOf } from './health.ts'
import { askToRestart, tellOfFailures } from './questions.ts'
import type { ServiceContext } from './service-commands.ts'
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
  let check: ConnectionCheck | undefined
  const checks = () =>
    import('./check-connection.ts').then(({ ConnectionCheck }) => (check ??= new ConnectionCheck(context)))
  const command = (name: string, act: () => Promise<void>) =>
    commands.registerCommand(`parley.${name}`, () => reportFailure(context.log, act))
  const acts = () => import('./service-commands.ts')
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
    command('checkConnection', async () => (await checks()).check()),
    command('copyChecks', async () => (await checks()).copy()),
    registerDirect(context, context.memory),
    commands.registerCommand('parley.showMenu', async () => (await import('./show-menu.ts')).showMenu(context)),
    commands.registerCommand('parley.restartHub', async () => (await acts()).restartHub(context)),
    commands.registerCommand('parley.showLog', async () => (await acts()).showLog(context)),
    commands.registerCommand('parley.copyReport', async () => (await acts()).copyReport(context)),
    commands.registerCommand('parley.openSettings', () =>
      commands.executeCommand('workbench.action.openSettings', '@ext:parley.parley-chat'),
    ),
  ]
  return {
    dispose() {
      check?.dispose()
      for (const one of registered) one.dispose()
    },
  }
}

/** Left of language and notifications, right of what others put there without a number. */
const statusPriority = 50
