import { ParleyError } from '../errors.ts'

/** `90s`, `10m`, `12h` or `7d` in ms. Throws ParleyError `usage` that names the option. */
export function readDuration(text: string, option: string): number {
  const [, count, unit] = /^(\d{1,6})(s|m|h|d)$/.exec(text.trim()) ?? []
  if (count === undefined || unit === undefined || Number(count) === 0) {
    throw new ParleyError('usage', `${option} takes a time such as 30s, 10m, 12h or 7d, not ${JSON.stringify(text)}.`)
  }
  return Number(count) * (seconds.get(unit) ?? 1) * 1000
}

const seconds: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
])

/**
 * A day as `2026-05-04`, with a time of day as `2026-05-04T14:00`, in local time, or how long ago as {@link readDuration}
 * has it; in ms since 1970. Throws ParleyError `usage` that names the option.
 */
export function readMoment(text: string, option: string, now = Date.now()): number {
  const given = text.trim()
  if (/^\d{1,6}[smhd]$/.test(given)) return now - readDuration(given, option)
  const [, day, clock = '00:00'] = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}))?$/.exec(given) ?? []
  const moment = day === undefined ? Number.NaN : new Date(`${day}T${clock}:00`).getTime()
  if (moment >= 0) return moment
  throw new ParleyError(
    'usage',
    `${option} takes a day such as 2026-05-04, or how long ago, such as 7d, not ${JSON.stringify(text)}.`,
  )
}

/** A positive whole number up to `most`. Throws ParleyError `usage` that names the option. */
export function readCount(text: string, option: string, most: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= most) return count
  throw new ParleyError('usage', `${option} takes a number from 1 to ${most}, not ${JSON.stringify(text)}.`)
}

/** `14:03` for today, `2026-05-04 14:03` for other days, in local time. */
export function showTime(ms: number, now = Date.now()): string {
  const time = new Date(ms)
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`
  return showDay(ms) === showDay(now) ? clock : `${showDay(ms)} ${clock}`
}

/** `2026-05-04` in local time. */
function showDay(ms: number): string {
  const time = new Date(ms)
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
