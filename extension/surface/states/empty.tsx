import type { ConversationInfo, PersonInfo, RoomInfo } from '@parley/daemon/protocol/control'
import { titleOf } from '@parley/daemon/protocol/conversation-infos'
import * as l10n from '@vscode/l10n'
import { Avatar } from '../style/avatar.tsx'

export interface EmptyProps {
  readonly conversation: ConversationInfo
  /** Whether nothing can be written now. */
  readonly isSilent: boolean
  readonly onWrite: () => void
}

/** A chat in which nothing was said yet, and the one thing to do about it. */
export function Empty({ conversation, isSilent, onWrite }: EmptyProps) {
  const isRoom = conversation.kind === 'room'
  const name = titleOf(conversation)
  return (
    <div class="empty">
      <Avatar user={isRoom ? conversation.conversation : conversation.person.user} name={name} />
      <h2>{isRoom ? name : l10n.t('Say hello to {0}', name)}</h2>
      <p>{isRoom ? roomWords(conversation.room) : wordsOf(conversation.person)}</p>
      {!isSilent && (
        <button type="button" class="button" onClick={onWrite}>
          {l10n.t('Write a message')}
        </button>
      )}
    </div>
  )
}

function roomWords({ topic, standing }: RoomInfo): string {
  if (standing === 'invited') return l10n.t('What is written there is shown once you have joined.')
  if (topic !== '') return topic
  return l10n.t('Nothing was written here yet. What you write goes straight to the devices of all members.')
}

function wordsOf({ displayName: name, status, via }: PersonInfo): string {
  if (via === 'classic') return l10n.t('{0} uses the original program: what you write is not encrypted.', name)
  if (status === 'offline')
    return l10n.t('{0} is offline. What you write is delivered when their device is back.', name)
  return l10n.t('What you write goes straight to their device. No server reads along.')
}
