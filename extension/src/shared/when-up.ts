import { ParleyError } from '@parley/daemon/client/basics'
import type { ControlRequests } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { Hub, HubMethod } from '../hub/hub.ts'

/** The part of the hub that is waited for and asked. */
export type AskedHub = Pick<Hub, 'state' | 'onState' | 'onPrompt' | 'request'>

/**
 * Asks the hub as soon as it is up, and again when it went away meanwhile: for requests that may be made twice, and
 * that a person should not have to repeat. Rejects with ParleyError when the hub refuses or has been given up.
 */
export async function askWhenUp<Method extends HubMethod>(
  hub: AskedHub,
  method: Method,
  params: ControlRequests[Method][0],
  signal?: AbortSignal,
): Promise<ControlRequests[Method][1]> {
  for (;;) {
    await whenUp(hub, signal)
    const change = nextState(hub, signal)
    try {
      return await hub.request(method, params)
    } catch (error) {
      if (!hasGone(error)) throw error
      // The request may fail before the hub is known to be away.
      if (hub.state.is === 'up') await change.promise
    } finally {
      change.stop()
    }
  }
}

/** Resolves when the hub is up. Rejects with ParleyError `not-running` when it has been given up, `closed` at `signal`. */
export async function whenUp(hub: Pick<Hub, 'state' | 'onState'>, signal?: AbortSignal): Promise<void> {
  for (;;) {
    if (signal?.aborted) throw closed()
    if (hub.state.is === 'up') return
    if (hub.state.is === 'failed') throw new ParleyError('not-running', hub.state.why)
    const change = nextState(hub, signal)
    try {
      await change.promise
    } finally {
      change.stop()
    }
  }
}

/** The next change of the hub's state. `promise` rejects at `signal`; nobody has to wait for it. */
function nextState(
  hub: Pick<Hub, 'onState'>,
  signal: AbortSignal | undefined,
): { promise: Promise<void>; stop(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  promise.catch(() => {})
  const abort = () => reject(closed())
  signal?.addEventListener('abort', abort, { once: true })
  const listening = hub.onState(() => resolve())
  const stop = () => {
    listening.dispose()
    signal?.removeEventListener('abort', abort)
  }
  return { promise, stop }
}

function hasGone(error: unknown): boolean {
  return error instanceof ParleyError && (error.code === 'closed' || error.code === 'not-running')
}

function closed(): ParleyError {
  return new ParleyError('closed', l10n.t('This has been closed.'))
}
