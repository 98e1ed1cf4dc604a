/**
 * Every code that Parley gives an error that a person or a program may meet. One list, so that the wire, the control
 * API and the command line speak the same words. docs/reference/errors.md explains each.
 */
export const errorCodes = [
  // what the caller gave
  'usage',
  'bad-name',
  'bad-password',
  'bad-message',
  'guarded',
  'refused',
  'bad-address',
  'bad-config',
  'bad-frame',
  'unsupported',
  // accounts
  'name-taken',
  'unknown-user',
  'unknown-account',
  'sign-up-closed',
  'invite-needed',
  'bad-invite',
  'wrong-credentials',
  'password-needed',
  'second-device',
  'signed-out',
  'already-signed-up',
  'account-disabled',
  'not-admin',
  'device-denied',
  // rooms
  'unknown-room',
  'not-member',
  'not-allowed',
  // trust
  'wrong-key',
  'stranger',
  'asked',
  'blocked',
  'bad-signature',
  'roster-rollback',
  'attestation-expired',
  'clock',
  'fork',
  'forged',
  // reach and resources
  'unreachable',
  'timeout',
  'busy',
  'throttled',
  'closed',
  'port-taken',
  'not-running',
  'already-running',
  'too-old',
  // files, storage, home and plugins
  'no-file',
  'no-space',
  'home',
  'storage',
  'newer-data',
  'damaged-data',
  'plugin',
  'conflict',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/**
 * An error that a person may see: a code, one sentence that says what was expected and what came, and what to do next.
 * The message is `sentence next`, ready to print.
 */
export class ParleyError extends Error {
  override readonly name = 'ParleyError'
  readonly code: ErrorCode
  /** ms to wait before trying again, where that helps. */
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfter?: number } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.retryAfter = options.retryAfter
  }
}

/** Whether `code`, as received from another program, is one that this program knows. */
export function isErrorCode(code: string): code is ErrorCode {
  return (errorCodes as readonly string[]).includes(code)
}

/** The error that another program reported: unknown codes become `internal`, the words are kept. */
export function errorFrom(code: string, message: string, retryAfter?: number): ParleyError {
  return new ParleyError(isErrorCode(code) ? code : 'internal', message, retryAfter ? { retryAfter } : {})
}

/** `error` as a ParleyError; anything else becomes `internal` with its cause kept. */
export function asParleyError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error
  if (isStorageError(error)) return new ParleyError(error.code, error.message, { cause: error })
  const text = error instanceof Error ? error.message : String(error)
  return new ParleyError('internal', `Something unexpected went wrong: ${text}`, { cause: error })
}

/** A storage's own error, by its name: a plugin may bring another copy of the kit's class. */
function isStorageError(error: unknown): error is Error & { readonly code: ErrorCode } {
  if (!(error instanceof Error) || error.name !== 'StorageError' || !('code' in error)) return false
  return error.code === 'storage' || error.code === 'newer-data' || error.code === 'damaged-data'
}
