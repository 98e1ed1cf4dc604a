import * as l10n from '@vscode/l10n'
import { clock, knownLocale } from '../../src/shared/seen.ts'

/** How this surface writes days and times: in the person's language and time zone. */
export interface Dates {
  /** `Today`, `Yesterday`, `Monday 3 February`, with the year when it is another one. */
  day(time: number, now: number): string
  /** `09:41`, or `9:41 AM` */
  time(time: number): string
  /** `9:41`, where it is known whether that is before noon. */
  shortTime(time: number): string
  /** `Monday 3 February 2025 at 09:41`, for a tooltip. */
  whole(time: number): string
}

/** `locale` as BCP 47; one that is unknown gives the browser's own. */
export function datesIn(locale: string): Dates {
  const format = formatsIn(knownLocale(locale))
  const day = format({ weekday: 'long', day: 'numeric', month: 'long' })
  const dayOfYear = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  const time = format(clock)
  const whole = format({ dateStyle: 'full', timeStyle: 'short' })
  return {
    day: (at, now) => {
      if (isSameDay(at, now)) return l10n.t('Today')
      if (isSameDay(at, startOfDay(now) - 1)) return l10n.t('Yesterday')
      return new Date(at).getFullYear() === new Date(now).getFullYear() ? day(at) : dayOfYear(at)
    },
    time,
    shortTime: at => time(at).replace(dayPeriod, ''),
    whole,
  }
}

/** `AM`, `p.m.`, `上午`: what stands before or behind the figures. */
const dayPeriod = /^\P{Nd}+|\P{Nd}+$/gu

export function isSameDay(a: number, b: number): boolean {
  return startOfDay(a) === startOfDay(b)
}

/** The beginning of that day here, in ms since 1970. */
export function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0)
}

/** Ways to write a time, each made when it is first wanted: that takes longer than to draw a message. */
function formatsIn(locale: string | undefined) {
  return (options: Intl.DateTimeFormatOptions) => {
    let made: Intl.DateTimeFormat | undefined
    return (time: number) => {
      made ??= new Intl.DateTimeFormat(locale, options)
      return made.format(time)
    }
  }
}
