import type { Hub } from '../hub/hub.ts'
import { shownMessage } from '../shared/message.ts'
import { shownName } from '../shared/person.ts'
import type { SurfaceHandlers } from './check.ts'
import { messageLink } from './message-link.ts'
import type { Ground } from './surface-host.ts'

/** What is done with messages that are there: asked of the hub, once the person has been asked where that is due. */
export function actHandlers(parts: {
  readonly hub: Hub
  readonly ground: Pick<Ground, 'confirmRemoval' | 'copy' | 'scheme'>
  readonly conversation: string
}): Pick<SurfaceHandlers, 'edit' | 'remove' | 'react' | 'reached' | 'typing' | 'copyLink' | 'markUnread'> {
  const { hub, ground, conversation } = parts
  return {
    edit: async params => shownMessage(await hub.request('editMessage', { conversation, ...params })),
    remove: async ({ forAll, ...params }) => {
      const from = await ground.confirmRemoval(forAll)
      if (from === undefined) return { removed: false }
      await hub.request('deleteMessage', { conversation, ...params, ...(from === 'me' && { forMe: true }) })
      return { removed: true }
    },
    markUnread: async ({ position }) => {
      await hub.request('markUnread', { conversation, position })
      return null
    },
    react: async params => {
      await hub.request('react', { conversation, ...params })
      return null
    },
    reached: async ({ message }) => {
      const { members } = await hub.request('reached', { conversation, message })
      return { members: members.map(({ person, state }) => ({ name: shownName(person), state })) }
    },
    typing: async params => {
      // Of no use when it comes late: a hub that is away is not waited for.
      if (hub.state.is === 'up') await hub.request('typing', { conversation, ...params })
      return null
    },
    copyLink: async ({ position }) => {
      await ground.copy(messageLink(ground.scheme, { conversation, position }))
      return null
    },
  }
}
