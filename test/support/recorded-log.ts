import type { Log } from '@parley/kit'

/** A log that keeps its lines for a test to look at. */
export class RecordedLog implements Log {
  readonly lines: { readonly level: string; readonly about: object; readonly text: string }[] = []

  debug(about: object, text: string): void {
    this.lines.push({ level: 'debug', about, text })
  }

  info(about: object, text: string): void {
    this.lines.push({ level: 'info', about, text })
  }

  warn(about: object, text: string): void {
    this.lines.push({ level: 'warn', about, text })
  }

  error(about: object, text: string): void {
    this.lines.push({ level: 'error', about, text })
  }
}
