import { ParleyError } from '../errors.ts'
import type { ControlMethod, ControlRequests, StatusInfo } from '../protocol/control.ts'
import type { Feed } from './feed.ts'
import type { HubPart, RegistryPart } from './parts.ts'

/** What the handlers answer from. */
export interface HandlerParts {
  readonly hub?: HubPart
  readonly registry?: RegistryPart
  /** The daemon itself, without its parts. */
  readonly about: () => Omit<StatusInfo, 'hub' | 'registry'>
  /** Begins to stop the daemon. */
  readonly stop: () => void
}

/** Every method but `hello`, which belongs to the session. */
export type Handlers = {
  readonly [Method in Exclude<ControlMethod, 'hello'>]: (
    params: ControlRequests[Method][0],
    feed: Feed | undefined,
    /** Aborted when who asked has gone. */
    signal: AbortSignal,
  ) => Promise<ControlRequests[Method][1]>
}

export function createHandlers({ hub, registry, about, stop }: HandlerParts): Handlers {
  const theHub = (): HubPart => hub ?? absent('hub')
  const theRegistry = (): RegistryPart => registry ?? absent('registry')
  return {
    status: async () => ({
      ...about(),
      ...(hub && { hub: hub.status() }),
      ...(registry && { registry: registry.status() }),
    }),
    stop: async () => {
      // The reply goes out first.
      setImmediate(stop)
      return {}
    },
    signUp: async params => theHub().signUp(params),
    signIn: async params => theHub().signIn(params),
    signOut: async params => theHub().signOut(params),
    who: async params => theHub().who(params),
    send: async params => theHub().send(params),
    history: async params => theHub().history(params),
    waitDelivered: async (params, _feed, signal) => theHub().waitDelivered(params, signal),
    subscribe: async (_params, feed) => (feed ?? absent('hub')).subscribe(),
    subscribeMessages: async (params, feed) => {
      const conversation = await theHub().conversationWith(params.with)
      if (feed?.watchMessages(conversation)) return { conversation }
      throw new ParleyError('busy', 'This front end watches too many conversations; close one first.')
    },
    unsubscribeMessages: async (params, feed) => {
      feed?.unwatchMessages(params.conversation)
      return {}
    },
    invite: async params => theRegistry().createInvite(params),
  }
}

function absent(part: 'hub' | 'registry'): never {
  throw new ParleyError(
    'unsupported',
    part === 'hub'
      ? 'The daemon of this home is a registry, which has no chats; give your own hub another home with --home.'
      : 'The daemon of this home is a hub; give the home of a registry with --home.',
  )
}
