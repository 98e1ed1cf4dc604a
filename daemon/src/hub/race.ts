import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/**
 * Tries candidates side by side, each with a head start over the next (RFC 8305), the next at once when one fails. The
 * first success wins, the others are aborted, and one that comes too late all the same is let go.
 *
 * @throws ParleyError the failure that says most when all failed: any other before `unreachable`
 */
export async function race<C, T>(
  candidates: readonly C[],
  attempt: (candidate: C, signal: AbortSignal) => Promise<T>,
  options: { signal: AbortSignal; letGo: (late: T) => void; stagger?: number },
): Promise<T> {
  const { signal, letGo, stagger = limits.dialStagger } = options
  const stop = new AbortController()
  const won = Promise.withResolvers<T>()
  const failures: ParleyError[] = []
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  let next = 0

  const start = () => {
    clearTimeout(timer)
    const candidate = candidates[next++]
    if (isOver || candidate === undefined) return
    attempt(candidate, AbortSignal.any([signal, stop.signal])).then(succeed, fail)
    if (next < candidates.length) timer = setTimeout(start, stagger)
  }
  const succeed = (value: T) => {
    if (isOver) return letGo(value)
    isOver = true
    won.resolve(value)
  }
  const fail = (error: unknown) => {
    failures.push(asParleyError(error))
    if (failures.length < candidates.length) return start()
    won.reject(failures.find(({ code }) => code !== 'unreachable') ?? failures[0])
  }

  if (candidates.length === 0) throw new ParleyError('unreachable', 'No address is known.')
  signal.throwIfAborted()
  const onAbort = () => won.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  start()
  try {
    return await won.promise
  } finally {
    isOver = true
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    stop.abort(new ParleyError('closed', 'Another address was quicker.'))
  }
}
