import type { ReactionInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { Row } from '../model/rows.ts'
import { Icon } from '../style/icon.tsx'
import type { Surroundings } from './message-row.tsx'

export interface ReactionsProps {
  readonly row: Row
  readonly reactions: readonly ReactionInfo[]
  readonly around: Surroundings
  readonly isTabStop: boolean
}

/** How others have reacted: each can be joined and left. */
export function Reactions({ row, reactions, around, isTabStop }: ReactionsProps) {
  return (
    <div class="reactions" role="toolbar" aria-label={l10n.t('Reactions')}>
      {reactions.map(({ emoji, users, mine }) => {
        const names = users.map(user => around.people.nameOf(user, l10n.t('somebody else'))).join(', ')
        return (
          <button
            key={emoji}
            type="button"
            class="reaction"
            tabIndex={isTabStop ? 0 : -1}
            aria-pressed={mine}
            aria-label={l10n.t('{0}, {1}: {2}', emoji, users.length, names)}
            title={names}
            onClick={() => around.onReact(row, emoji, !mine)}
          >
            <span class="reaction-emoji">{emoji}</span>
            <span>{users.length}</span>
          </button>
        )
      })}
      <button
        type="button"
        class="reaction is-more"
        tabIndex={isTabStop ? 0 : -1}
        aria-label={l10n.t('Add a reaction')}
        aria-haspopup="dialog"
        title={l10n.t('Add a reaction')}
        onClick={({ currentTarget }) => around.onPick(row, currentTarget)}
      >
        <Icon name="smiley" />
      </button>
    </div>
  )
}
