import type { DirectInfo, PersonInfo, RoomConversation } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { ChatView, SurfaceAction } from '../../src/chat/messages.ts'
import { membersWords } from '../../src/shared/room-words.ts'
import { standingWords, type When } from '../../src/shared/seen.ts'
import type { IconName } from '../parts.ts'

/** One thing that the header says, in a word, and in a sentence for who wonders what the word means. */
export interface Fact {
  readonly is: 'presence' | 'link' | 'trust' | 'members'
  readonly icon?: IconName
  readonly word: string
  readonly sentence: string
  /** What can be done about it, beside the sentence. */
  readonly action?: { readonly what: SurfaceAction; readonly label: string }
  /** Whether it is to be seen by who does not look for it. */
  readonly isWarning?: boolean
}

/** How the other one is, and how one is connected with them; of a room, how many belong to it. */
export function factsOf(view: ChatView, when: When): readonly Fact[] {
  const { conversation } = view
  if (conversation.kind === 'room') return [members(conversation)]
  const direct = { ...view, conversation }
  return [presence(direct, when), link(direct), trust(direct)].filter(fact => fact !== undefined)
}

/** What the presence icon shows: somebody whose presence cannot be known is shown as offline. */
export function statusOf(view: ChatView): PersonInfo['status'] {
  const { conversation } = view
  return conversation.kind === 'direct' && isKnown({ ...view, conversation }) ? conversation.person.status : 'offline'
}

/** What surrounds a chat of two. */
type DirectView = ChatView & { readonly conversation: DirectInfo }

function members({ room }: RoomConversation): Fact {
  const { members: count, name } = room
  return {
    is: 'members',
    icon: 'organization',
    word: membersWords(count),
    sentence: l10n.t(
      '{0} has {1}. What is written there goes straight to their devices, encrypted.',
      name,
      membersWords(count),
    ),
    action: { what: 'members', label: l10n.t('Show members') },
  }
}

/** The team tells presence, and so does a connection; of whom no team knows the hub finds out by itself. */
function isKnown({ hub, account, conversation }: DirectView): boolean {
  const { linked, person } = conversation
  return hub.is === 'up' && (account.state === 'online' || linked || person.via !== undefined)
}

function presence(view: DirectView, when: When): Fact {
  const { displayName: name, status, since } = view.conversation.person
  if (!isKnown(view)) {
    const sentence = l10n.t('Whether {0} is online is not known as long as your own device is offline.', name)
    return { is: 'presence', word: l10n.t('not known'), sentence }
  }
  const sentences = {
    online: () => l10n.t('{0} is online.', name),
    away: () => l10n.t('{0} is away: signed in, but not in front of their editor now.', name),
    busy: () => l10n.t('{0} is busy and may answer later.', name),
    offline: () => l10n.t('{0} is offline. What you write is delivered when their device is back.', name),
  }
  return { is: 'presence', word: standingWords({ status, since }, when), sentence: sentences[status]() }
}

/** Nothing as long as there is nothing to send: a connection with somebody who is there is made when there is. */
function link(view: DirectView): Fact | undefined {
  const { hub, conversation } = view
  const { linked, relayed, person, queued } = conversation
  const name = person.displayName
  if (person.via === 'classic') {
    return {
      is: 'link',
      icon: 'unlock',
      word: l10n.t('Not encrypted'),
      sentence: l10n.t(
        '{0} uses the original program, at {1}. Anybody on the way can read and change what you write, and that it is {0} is only claimed.',
        name,
        person.address ?? '',
      ),
      isWarning: true,
    }
  }
  if (hub.is === 'up' && linked && relayed) {
    return {
      is: 'link',
      icon: 'cloud',
      word: l10n.t('Relayed'),
      sentence: l10n.t(
        'Connected with {0}’s device through the relay of {1}, which sees only encrypted bytes. A direct connection takes over as soon as there is one.',
        name,
        view.account.team,
      ),
      action: { what: 'checkConnection', label: l10n.t('Check connection') },
    }
  }
  if (hub.is === 'up' && linked) {
    return {
      is: 'link',
      icon: 'arrow-swap',
      word: l10n.t('Direct'),
      sentence: l10n.t(
        'Connected straight with {0}’s device. Messages are encrypted on the way and pass no server.',
        name,
      ),
    }
  }
  if (isKnown(view) && person.status !== 'offline') {
    if (queued === 0) return undefined
    return {
      is: 'link',
      icon: 'sync',
      word: l10n.t('Connecting'),
      sentence: l10n.t('Connecting with {0}’s device. What you write waits on yours until then.', name),
    }
  }
  return {
    is: 'link',
    icon: 'debug-disconnect',
    word: l10n.t('Not connected'),
    sentence: l10n.t('{0}’s device cannot be reached now. What you write waits on yours until it can.', name),
  }
}

/** Whether one knows who it is. Of a classic client nobody does, which its link says already. */
function trust({ account, conversation }: DirectView): Fact | undefined {
  const { displayName: name, via, trust, address } = conversation.person
  const verify = { what: 'verify', label: l10n.t('Verify…') } as const
  if (via === 'classic') return undefined
  if (trust === 'verified') {
    return {
      is: 'trust',
      icon: 'verified',
      word: l10n.t('Verified'),
      sentence: l10n.t('You have compared safety numbers with {0}: nobody is in between.', name),
      action: { what: 'verify', label: l10n.t('Show safety number') },
    }
  }
  if (trust === 'changed') {
    return {
      is: 'trust',
      icon: 'warning',
      word: l10n.t('Key has changed'),
      sentence: l10n.t('The key of {0} is another one than before. Nothing passes before you decide.', name),
      action: verify,
      isWarning: true,
    }
  }
  const sentence =
    via === 'direct'
      ? l10n.t(
          '{0} is of no team, reached at {1}: nobody vouches for the name. Compare safety numbers to be sure who it is.',
          name,
          address ?? '',
        )
      : l10n.t(
          'That this is {0} is vouched for by {1} alone. Compare safety numbers to be sure of it yourself.',
          name,
          account.team,
        )
  return { is: 'trust', icon: 'unverified', word: l10n.t('Not verified'), sentence, action: verify }
}
