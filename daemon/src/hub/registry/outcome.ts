import type { ErrorCode } from '../../errors.ts'

/** What a failed attempt to be signed in makes of the account. */
export type Outcome = 'signed-out' | 'unreachable' | 'refused'

/** The registry wants the password or this device no more, it may pass by itself, or it is a refusal. */
export function outcomeOf(code: ErrorCode): Outcome {
  return outCodes.has(code) ? 'signed-out' : passing.has(code) ? 'unreachable' : 'refused'
}

const outCodes: ReadonlySet<ErrorCode> = new Set(['password-needed', 'signed-out', 'device-denied'])
const passing: ReadonlySet<ErrorCode> = new Set([
  'unreachable',
  'timeout',
  'closed',
  'busy',
  'throttled',
  'internal',
  'storage',
])
