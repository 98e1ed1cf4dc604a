import { asParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { CheckInfo } from '../protocol/control.ts'

/** What was found: how it stands, in a sentence, and what to do about it. */
export type Finding = Omit<CheckInfo, 'about'>

/** One thing to look at. */
export interface Check {
  readonly about: string
  /** Undefined: it does not matter here. A throw is a failure, told in the words of the error. */
  look(signal: AbortSignal): Finding | undefined | Promise<Finding | undefined>
}

/** Looks at everything at once, each for at most `timeout` ms. Never rejects: what cannot be looked at has failed. */
export async function examine(
  checks: readonly Check[],
  { signal, timeout = limits.doctorCheck }: { signal?: AbortSignal; timeout?: number } = {},
): Promise<CheckInfo[]> {
  const found = await Promise.all(checks.map(check => lookAt(check, timeout, signal)))
  return found.flatMap(finding => finding ?? [])
}

export function ok(words: string): Finding {
  return { state: 'ok', words }
}

export function warning(words: string, advice: string): Finding {
  return { state: 'warning', words, advice }
}

export function failed(words: string, advice?: string): Finding {
  return { state: 'failed', words, ...(advice !== undefined && { advice }) }
}

async function lookAt({ about, look }: Check, timeout: number, ended?: AbortSignal): Promise<CheckInfo | undefined> {
  const late = AbortSignal.timeout(timeout)
  const signal = ended ? AbortSignal.any([late, ended]) : late
  const gone = Promise.withResolvers<Finding>()
  const end = () =>
    gone.resolve(late.aborted ? failed(`No answer came within ${timeout / 1000} s.`) : failed('It was interrupted.'))
  signal.addEventListener('abort', end, { once: true })
  try {
    const finding = await Promise.race([Promise.resolve(look(signal)), gone.promise])
    return finding && { about, ...finding }
  } catch (error) {
    return { about, ...failed(asParleyError(error).message) }
  } finally {
    signal.removeEventListener('abort', end)
  }
}
