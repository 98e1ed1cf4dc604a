import { ParleyError } from '../errors.ts'

/** Whom a command means: by name, or a classic client by `[NAME@]HOST[:PORT]`. @throws ParleyError `usage` */
export function whom(who: string | undefined, classic: string | undefined): string {
  if (classic !== undefined && classic.trim() === '') {
    throw new ParleyError('usage', '--classic takes the address of a classic client: [NAME@]HOST[:PORT].')
  }
  if (classic !== undefined) return `classic:${classic.trim()}`
  if (who !== undefined) return who
  throw new ParleyError('usage', 'Say whom you mean: a name, or --classic [NAME@]HOST[:PORT] for a classic client.')
}

/** As {@link whom} gives it, for a person to read. */
export function whomShown(who: string): string {
  return who.replace(/^classic:/, '')
}
