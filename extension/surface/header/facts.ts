import type { PersonInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { ChatView } from '../../src/chat/messages.ts'
import { standingWords, type When } from '../../src/shared/seen.ts'
import type { IconName } from '../parts.ts'

/** One thing that the header says, in a word, and in a sentence for who wonders what the word means. */
export interface Fact {
  readonly is: 'presence' | 'link' | 'trust'
  readonly icon?: IconName
  readonly word: string
  readonly sentence: string
}

/** How the other one is, and how one is connected with them. */
export function factsOf(view: ChatView, when: When): readonly Fact[] {
  return [presence(view, when), link(view), trust(view)].filter(fact => fact !== undefined)
}

/** What the presence icon shows: somebody whose presence cannot be known is shown as offline. */
export function statusOf(view: ChatView): PersonInfo['status'] {
  return isKnown(view) ? view.conversation.person.status : 'offline'
}

/** The team tells presence, and so does a connection. */
function isKnown({ hub, account, conversation }: ChatView): boolean {
  return hub.is === 'up' && (account.state === 'online' || conversation.linked)
}

function presence(view: ChatView, when: When): Fact {
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
function link(view: ChatView): Fact | undefined {
  const { hub, conversation } = view
  const { linked, person, queued } = conversation
  const name = person.displayName
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

function trust({ account, conversation }: ChatView): Fact {
  return {
    is: 'trust',
    icon: 'unverified',
    word: l10n.t('Not verified'),
    sentence: l10n.t(
      'That this is {0} is vouched for by {1} alone. Comparing keys yourself will come with a later version of Parley.',
      conversation.person.displayName,
      account.team,
    ),
  }
}
