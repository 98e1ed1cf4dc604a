/** How clocks are written everywhere: `09:41`, or `9:41 AM`, as the language has it. */
export const clock: Intl.DateTimeFormatOptions = { timeStyle: 'short' }

/** A language as BCP 47, for `Intl`; `undefined`, which is the program's own, for one that is unknown. */
export function knownLocale(locale: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(locale)[0]
  } catch {
    return undefined
  }
}
