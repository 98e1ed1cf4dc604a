import type { PersonInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { Avatar } from '../style/avatar.tsx'

export interface EmptyProps {
  readonly person: PersonInfo
  readonly onWrite: () => void
}

/** A chat in which nothing was said yet, and the one thing to do about it. */
export function Empty({ person, onWrite }: EmptyProps) {
  const { displayName, status } = person
  return (
    <div class="empty">
      <Avatar user={person.user} name={displayName} />
      <h2>{l10n.t('Say hello to {0}', displayName)}</h2>
      <p>
        {status === 'offline'
          ? l10n.t('{0} is offline. What you write is delivered when their device is back.', displayName)
          : l10n.t('What you write goes straight to their device. No server reads along.')}
      </p>
      <button type="button" class="button" onClick={onWrite}>
        {l10n.t('Write a message')}
      </button>
    </div>
  )
}
