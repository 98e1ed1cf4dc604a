import { timeOf } from './clock.ts'

/**
 * The place in a conversation before every message that was sealed at that time (ms since 1970) or later: of the shape of
 * the positions that pages name, and of no message.
 */
export function positionAt(ms: number): string {
  const time = timeOf(Math.max(0, Math.trunc(ms)))
    .toString(16)
    .padStart(16, '0')
  return `${time}/${'2'.repeat(52)}/${'0'.repeat(11)}/${'0'.repeat(16)}`
}
