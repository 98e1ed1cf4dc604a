import { commands, l10n, window, workspace } from 'vscode'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'

/** Tells a person, once each time, that the hub has been given up, and what there is to do. */
export function tellOfFailures(hub: Hub): Disposable {
  return hub.onState(async state => {
    if (state.is !== 'failed') return
    const again = l10n.t('Try Again')
    const log = l10n.t('Show Log')
    const picked = await window.showErrorMessage(plainLine(state.why, limits.reason), again, log)
    if (picked === again) await commands.executeCommand('parley.restartHub')
    if (picked === log) await commands.executeCommand('parley.showLog')
  })
}

/** Settings that count when the hub is started: asks whether that should be now. */
export function askToRestart(hub: Hub): Disposable {
  return workspace.onDidChangeConfiguration(async change => {
    if (change.affectsConfiguration('parley.home')) {
      const reload = l10n.t('Reload Window')
      const words = l10n.t('This window goes on with the folder that it began with. Reload it to use the other one.')
      if ((await window.showInformationMessage(words, reload)) === reload) {
        await commands.executeCommand('workbench.action.reloadWindow')
      }
    } else if (change.affectsConfiguration('parley.nodePath') && (window.state.focused || hub.state.is === 'failed')) {
      // All windows hear of it, and one restart is enough for all of them.
      const restart = l10n.t('Restart')
      const words = l10n.t('Parley’s background service has to be restarted to run on the other Node.js.')
      if ((await window.showInformationMessage(words, restart)) === restart) {
        await commands.executeCommand('parley.restartHub')
      }
    }
  })
}
