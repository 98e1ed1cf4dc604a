import type { DeviceInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { oneLine } from '../shared/harmless.ts'
import { knownLocale, type When } from '../shared/seen.ts'

/** A device as the list of one's own shows it; every text is one harmless line. */
export interface DeviceRow {
  readonly device: string
  readonly name: string
  readonly is: 'this' | 'pending' | 'other'
  /** What stands behind the name. */
  readonly words: string
}

/** Those that wait come first, then this one, then the others, the latest seen first. */
export function rowsOf(devices: readonly DeviceInfo[], when: When): readonly DeviceRow[] {
  const rank = ({ isPending, isThis }: DeviceInfo) => (isPending ? 0 : isThis ? 1 : 2)
  return [...devices]
    .sort((a, b) => rank(a) - rank(b) || b.seen - a.seen || b.added - a.added || (a.device < b.device ? -1 : 1))
    .map(each => rowOf(each, when))
}

/** A name that can be shown, whatever the device calls itself. */
export function deviceName({ name }: Pick<DeviceInfo, 'name'>): string {
  return oneLine(name, limits.name) || l10n.t('Unnamed device')
}

function rowOf(info: DeviceInfo, when: When): DeviceRow {
  const { device, isThis, isPending } = info
  return {
    device,
    name: deviceName(info),
    is: isThis ? 'this' : isPending ? 'pending' : 'other',
    words: wordsOf(info, when).join(' · '),
  }
}

function wordsOf({ isThis, isPending, isOnline, added, seen, address }: DeviceInfo, { now, locale }: When): string[] {
  const format = new Intl.DateTimeFormat(knownLocale(locale), { dateStyle: 'medium' })
  const day = (time: number) => format.format(time)
  if (isPending) {
    const from = oneLine(address ?? '', limits.name)
    return [from === '' ? l10n.t('waits to be approved') : l10n.t('waits to be approved, from {0}', from)]
  }
  const standing = isThis
    ? l10n.t('this device')
    : isOnline
      ? l10n.t('online')
      : seen > 0
        ? day(seen) === day(now)
          ? l10n.t('seen today')
          : l10n.t('seen {0}', day(seen))
        : ''
  return [standing, added > 0 ? l10n.t('added {0}', day(added)) : ''].filter(words => words !== '')
}
