import assert from 'node:assert/strict'
import { type ErrorCode, ParleyError } from '../../daemon/src/errors.ts'

/** The ParleyError that `act` must throw, with one of `codes`. Any other error or none fails the test. */
export function refusal(act: () => unknown, ...codes: ErrorCode[]): ParleyError {
  try {
    act()
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
    assert.ok(codes.length === 0 || codes.includes(error.code), `${error.code} instead of ${codes}: ${error.message}`)
    assert.match(error.message, /[.!?]$/, 'the message should be a sentence')
    return error
  }
  return assert.fail(`should have been refused with ${codes}`)
}

/** Runs a decoder on bytes from a stranger: what it gives, or undefined for its own refusal. Other errors pass through. */
export function orRefused<Result>(act: () => Result): Result | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof ParleyError) return undefined
    throw error
  }
}

/** Like {@link refusal}, of what is refused later. */
export async function rejection(promise: Promise<unknown>, ...codes: ErrorCode[]): Promise<ParleyError> {
  const error = await promise.then(
    () => undefined,
    reason => reason,
  )
  return refusal(
    () => {
      if (error !== undefined) throw error
    },
    ...codes,
  )
}
