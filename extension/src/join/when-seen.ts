import type { Disposable, Event } from '../event.ts'

/** Resolves once `look` gives true, asked now and at each of `events`; with whether it did within `timeout` ms. */
export async function whenSeen(look: () => boolean, events: readonly Event<void>[], timeout: number): Promise<boolean> {
  if (look()) return true
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const listening: Disposable[] = events.map(event =>
    event(() => {
      if (look()) resolve(true)
    }),
  )
  const timer = setTimeout(() => resolve(false), timeout)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    for (const one of listening) one.dispose()
  }
}
