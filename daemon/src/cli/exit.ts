import type { ErrorCode, ParleyError } from '../errors.ts'

/**
 * What a command's exit code says: 0 it was done; 1 it failed; 2 what was given cannot be used as it is, and nothing
 * was tried.
 */
export function exitCodeOf(error: ParleyError): 1 | 2 {
  return usageCodes.includes(error.code) ? 2 : 1
}

const usageCodes: readonly ErrorCode[] = [
  'usage',
  'bad-name',
  'bad-password',
  'bad-message',
  'bad-address',
  'bad-config',
]
