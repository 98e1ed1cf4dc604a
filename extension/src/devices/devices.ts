import type { AccountInfo, DeviceInfo } from '@parley/daemon/protocol/control'
import { commands, l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { inTeam } from '../shared/in-team.ts'
import { type OnceMemory, TellOnce } from '../shared/once.ts'
import { reportFailure } from '../shared/report.ts'
import { thisWindow } from '../shared/this-window.ts'
import { PendingView } from './pending-view.ts'

/** Registers one's own devices: the list, letting in new ones, and what a new one shows. `memory` keeps what was told. */
export function registerDevices(context: Context, memory: OnceMemory): Disposable {
  const { hub, log } = context
  const once = new TellOnce<Waiting>('toldDevices', {
    memory,
    window: thisWindow,
    tell: device => void reportFailure(log, async () => (await import('./approve.ts')).tellOfDevice(context, device)),
  })
  const look = () => once.show(hub.pendingDevices.map(waiting))
  const command = (name: string, act: () => Promise<void>) =>
    commands.registerCommand(`parley.${name}`, () => reportFailure(log, act))
  const parts = [
    new PendingView(hub),
    once,
    hub.onPendingDevices(look),
    followApproval(context, memory),
    command('devices', () => inTeam(hub, async () => (await import('./own-devices.ts')).showDevices(context))),
    command('newAccountKey', async () => (await import('./new-key.ts')).makeNewAccountKey(context)),
  ]
  look()
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}

/** One that was sent away and signs in again is told of again: it has other digits then. */
type Waiting = DeviceInfo & { readonly id: string }

function waiting(device: DeviceInfo): Waiting {
  return { ...device, id: `${device.device}/${device.added}` }
}

/** Says once that this device was approved, in the window that a person looks at or will, and shows who is there. */
function followApproval(context: Context, memory: OnceMemory): Disposable {
  const { hub, log } = context
  const once = new TellOnce<{ readonly id: string }>('toldApproval', {
    memory,
    window: thisWindow,
    tell() {
      const account = hub.accounts?.[0]
      void window.showInformationMessage(l10n.t('This device is one of yours now.'))
      if (account) void reportFailure(log, async () => (await import('../join/welcome.ts')).welcome(context, account))
    },
  })
  let pending = pendingAs(hub.accounts?.[0])
  const listening = hub.onAccounts(() => {
    const account = hub.accounts?.[0]
    const isIn = account?.state === 'online'
    if (isIn && pending !== undefined) once.show([{ id: pending }])
    if (isIn || account?.state === 'signed-out') pending = undefined
    else pending = pendingAs(account) ?? pending
  })
  return {
    dispose() {
      once.dispose()
      listening.dispose()
    },
  }
}

/** By what this device waits: it has other digits when it asks again. */
function pendingAs(account: AccountInfo | undefined): string | undefined {
  return account?.state === 'pending' ? `${account.user}/${account.digits ?? ''}` : undefined
}
