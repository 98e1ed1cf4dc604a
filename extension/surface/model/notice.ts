import type { RoomInfo } from '@parley/daemon/protocol/control'
import { personOf, titleOf } from '@parley/daemon/protocol/conversation-infos'
import * as l10n from '@vscode/l10n'
import type { ChatView, SurfaceAction } from '../../src/chat/messages.ts'
import type { IconName } from '../icon-names.ts'

/** What the bar above the messages says while something is not as it should be. */
export interface Notice {
  /** Quiet: it goes by itself. Else a person has to do something; `error`: something is broken. */
  readonly is: 'quiet' | 'warning' | 'error'
  readonly icon: IconName
  readonly text: string
  readonly actions: readonly { readonly what: SurfaceAction; readonly label: string }[]
}

/** What keeps messages from going through; undefined: nothing does. The nearest cause speaks. */
export function noticeOf({ hub, account, conversation }: ChatView): Notice | undefined {
  const other = personOf(conversation)
  const name = titleOf(conversation)
  const signIn = { what: 'signIn', label: l10n.t('Sign in') } as const
  if (hub.is === 'connecting') return quiet('sync', hub.why || l10n.t('Connecting to Parley’s background service…'))
  if (hub.is === 'failed') {
    const actions = [
      { what: 'restartHub', label: l10n.t('Restart') },
      { what: 'showLog', label: l10n.t('Show log') },
    ] as const
    return { is: 'error', icon: 'error', text: hub.why, actions }
  }
  if (other?.trust === 'changed') {
    const text = l10n.t(
      '{0} has another key than before. Nothing is sent to them or shown of theirs before you decide.',
      name,
    )
    const actions = [
      { what: 'verify', label: l10n.t('Verify…') },
      { what: 'acceptKey', label: l10n.t('Go on unverified…') },
    ] as const
    return { is: 'warning', icon: 'warning', text, actions }
  }
  if (other?.isBlocked) {
    const text = l10n.t('You have blocked {0}. Nothing of theirs reaches you.', name)
    return { is: 'warning', icon: 'circle-slash', text, actions: [{ what: 'unblock', label: l10n.t('Unblock') }] }
  }
  // People of no team need none.
  if (other?.via) return undefined
  if (conversation.kind === 'room' && conversation.room.standing === 'invited') return invitation(conversation.room)
  const { team } = account
  switch (account.state) {
    case 'online':
      return undefined
    case 'connecting':
      return quiet('sync', l10n.t('Connecting to {0}…', team))
    case 'unreachable':
      return conversation.linked
        ? quiet('debug-disconnect', l10n.t('{0} cannot be reached. You are still connected with {1}.', team, name))
        : quiet(
            'debug-disconnect',
            l10n.t('You are offline. What you write is sent when {0} can be reached again.', team),
          )
    case 'pending':
      return {
        is: 'warning',
        icon: 'vm-outline',
        text: l10n.t('This device waits to be approved on another one of yours. What you write waits until then.'),
        actions: [{ what: 'showPending', label: l10n.t('Show how') }],
      }
    case 'signed-out':
      return {
        is: 'warning',
        icon: 'sign-in',
        text: l10n.t('You are signed out of {0}. What you write waits until you sign in.', team),
        actions: [signIn],
      }
    case 'refused':
      return {
        is: 'warning',
        icon: 'warning',
        text: account.why || l10n.t('{0} has refused this device.', team),
        actions: [signIn],
      }
  }
}

function quiet(icon: IconName, text: string): Notice {
  return { is: 'quiet', icon, text, actions: [] }
}

function invitation({ by, name }: RoomInfo): Notice {
  return {
    is: 'warning',
    icon: 'mail',
    text: by
      ? l10n.t('{0} invites you to {1}. Join to see what is written there.', by.displayName, name)
      : l10n.t('You are invited to {0}. Join to see what is written there.', name),
    actions: [
      { what: 'joinRoom', label: l10n.t('Join') },
      { what: 'declineRoom', label: l10n.t('Decline') },
    ],
  }
}

/** Why nothing can be written now, in a few words; undefined: it can. */
export function whyNotWritten({ conversation }: ChatView): string | undefined {
  if (conversation.kind === 'room') {
    const { standing, name: room } = conversation.room
    if (standing === 'invited') return l10n.t('Join {0} to write', room)
    return standing === 'left' ? l10n.t('You are not in {0} any more', room) : undefined
  }
  const { displayName: name, trust, isBlocked } = conversation.person
  if (trust === 'changed') return l10n.t('{0}’s key has changed: decide above, then write', name)
  return isBlocked ? l10n.t('You have blocked {0}', name) : undefined
}
