import type { PersonInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { Avatar } from '../style/avatar.tsx'

export interface EmptyProps {
  readonly person: PersonInfo
  /** Whether nothing can be written now. */
  readonly isSilent: boolean
  readonly onWrite: () => void
}

/** A chat in which nothing was said yet, and the one thing to do about it. */
export function Empty({ person, isSilent, onWrite }: EmptyProps) {
  const { displayName } = person
  return (
    <div class="empty">
      <Avatar user={person.user} name={displayName} />
      <h2>{l10n.t('Say hello to {0}', displayName)}</h2>
      <p>{wordsOf(person)}</p>
      {!isSilent && (
        <button type="button" class="button" onClick={onWrite}>
          {l10n.t('Write a message')}
        </button>
      )}
    </div>
  )
}

function wordsOf({ displayName: name, status, via }: PersonInfo): string {
  if (via === 'classic') return l10n.t('{0} uses the original program: what you write is not encrypted.', name)
  if (status === 'offline')
    return l10n.t('{0} is offline. What you write is delivered when their device is back.', name)
  return l10n.t('What you write goes straight to their device. No server reads along.')
}
