import { ParleyError } from '@parley/daemon/client/basics'
import type { DeviceInfo } from '@parley/daemon/protocol/control'
import { commands, l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { digitRows } from '../shared/digits.ts'
import { isolated, plainLine } from '../shared/harmless.ts'
import { deviceName } from './rows.ts'

/** Tells that a device wants to join one's account, once. */
export async function tellOfDevice(context: Context, device: DeviceInfo): Promise<void> {
  const compare = l10n.t('Compare Digits…')
  const words = l10n.t('A new device wants to join your account: {0}', nameOf(device))
  if ((await window.showWarningMessage(words, compare)) === compare) await judgeDevice(context, device)
}

/** Shows the digits of a device that waits, and lets it in or sends it away. */
export async function judgeDevice({ hub }: Context, { device: id }: Pick<DeviceInfo, 'device'>): Promise<void> {
  const { devices, hasAccountKey } = await hub.request('devices', {}, slow)
  const device = devices.find(each => each.device === id)
  if (!device?.isPending) {
    void window.showInformationMessage(l10n.t('This device does not wait any more.'))
    return
  }
  if (!hasAccountKey) {
    throw new ParleyError(
      'unsupported',
      l10n.t(
        'This computer cannot approve devices yet: it gets your account’s key from another one of yours. Start that one.',
      ),
    )
  }
  const { digits = '' } = device
  const [approve, notMine] = [l10n.t('Approve'), l10n.t('Not Mine')]
  const detail = [
    ...digitRows(digits),
    '',
    l10n.t('Approve it only if you are signing in there just now, and its screen shows the very same digits.'),
    ...(device.address === undefined ? [] : [l10n.t('It signed in from {0}.', plainLine(device.address, limits.name))]),
  ].join('\n')
  const question = l10n.t('Let {0} into your account?', nameOf(device))
  const answer = await window.showWarningMessage(question, { modal: true, detail }, approve, notMine)
  if (answer === approve) {
    await hub.request('approveDevice', { device: id, digits }, slow)
    void window.showInformationMessage(l10n.t('{0} is one of your devices now.', nameOf(device)))
  }
  if (answer === notMine) await sendAway(hub, device)
}

/** Whoever shows up with a device that is not mine knows my password. */
async function sendAway(hub: Context['hub'], device: DeviceInfo): Promise<void> {
  await hub.request('revokeDevice', { device: device.device }, slow)
  const change = l10n.t('Change Password…')
  const words = l10n.t('{0} is sent away. Whoever sat there knows your password: change it now.', nameOf(device))
  if ((await window.showWarningMessage(words, change)) === change) {
    await commands.executeCommand('parley.changePassword')
  }
}

function nameOf(device: DeviceInfo): string {
  return isolated(plainLine(deviceName(device), limits.name))
}

/** Digits are 5,200 rounds of a hash for each device; an approval goes to the team and back. */
const slow = { timeout: limits.slowRequest }
