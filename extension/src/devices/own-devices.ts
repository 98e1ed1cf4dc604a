import type { DeviceInfo } from '@parley/daemon/protocol/control'
import { env, l10n, type QuickPickItem, ThemeIcon, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import { judgeDevice } from './approve.ts'
import { type DeviceRow, rowsOf } from './rows.ts'

/** *Your Devices*: all of them. One that waits is judged, another one can be removed. */
export async function showDevices(context: Context): Promise<void> {
  const { devices } = await context.hub.request('devices', {}, slow)
  const picked = await window.showQuickPick(rowsOf(devices, { now: Date.now(), locale: env.language }).map(itemOf), {
    title: l10n.t('Your Devices'),
    placeHolder: l10n.t('Choose one to approve or to remove'),
  })
  if (picked) await act(context, picked.row)
}

interface Item extends QuickPickItem {
  readonly row: DeviceRow
}

function itemOf(row: DeviceRow): Item {
  return {
    row,
    label: plainLine(row.name, limits.name),
    description: plainLine(row.words, limits.sentence),
    iconPath: new ThemeIcon({ this: 'vm-active', pending: 'vm-outline', other: 'vm' }[row.is]),
  }
}

async function act(context: Context, row: DeviceRow): Promise<void> {
  if (row.is === 'pending') await judgeDevice(context, row)
  else if (row.is === 'other') await revoke(context, row)
  else void window.showInformationMessage(l10n.t('This is the device that you are using. To leave it, sign out.'))
}

/** Removes a device for good, after asking. */
async function revoke({ hub }: Context, { device, name }: Pick<DeviceInfo, 'device' | 'name'>): Promise<void> {
  const yes = l10n.t('Remove')
  const shown = plainLine(name, limits.name)
  const detail = l10n.t(
    'It is signed out at once, everywhere, and nobody exchanges messages with it any more. What is on it stays on it. If it was stolen, change your password too. To use it again you would sign in there and approve it here.',
  )
  const question = l10n.t('Remove {0} from your devices?', shown)
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return
  await hub.request('revokeDevice', { device }, slow)
  void window.showInformationMessage(l10n.t('{0} is removed.', shown))
}

/** Digits of those that wait take their time, and so does the team. */
const slow = { timeout: limits.slowRequest }
