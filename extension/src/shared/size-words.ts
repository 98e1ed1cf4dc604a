/** Bytes as people say them: `340 KB`. */
export function sizeWords(bytes: number, locale: string): string {
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1000)))
  const value = bytes / 1000 ** step
  const digits = value < 10 && step > 0 ? 1 : 0
  return `${value.toLocaleString(locale || undefined, { maximumFractionDigits: digits })} ${units[step]}`
}

const units = ['B', 'KB', 'MB', 'GB', 'TB']
