import * as l10n from '@vscode/l10n'
import { isQueued } from '../model/held.ts'
import type { Row } from '../model/rows.ts'
import type { IconName } from '../parts.ts'
import { Icon } from '../style/icon.tsx'
import type { Surroundings } from './message-row.tsx'

export interface RowActionsProps {
  readonly row: Row
  readonly around: Surroundings
  readonly isTabStop: boolean
}

interface Action {
  readonly icon: IconName
  readonly label: string
  readonly run: (button: HTMLElement) => void
}

/** What can be done with a message. */
export function RowActions({ row, around, isTabStop }: RowActionsProps) {
  return (
    <div class="message-actions" role="toolbar" aria-label={l10n.t('Actions on this message')}>
      {actionsOn(row, around).map(({ icon, label, run }) => (
        <button
          key={icon}
          type="button"
          class="icon-button"
          tabIndex={isTabStop ? 0 : -1}
          aria-label={label}
          title={label}
          onClick={({ currentTarget }) => run(currentTarget)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  )
}

function actionsOn(row: Row, around: Surroundings): readonly Action[] {
  const { position, mine, text, isDeleted, reached } = row
  const { mayAct, people } = around
  const copy: Action = { icon: 'copy', label: l10n.t('Copy text'), run: () => around.onCopy(text) }
  // The hub has not taken it: it can be edited and dropped in another way.
  if (position === undefined) return text === '' ? [] : [copy]
  const isSealed = !isQueued(position)
  const isThere = isDeleted === undefined
  const all: readonly (Action | false)[] = [
    isThere && mayAct && { icon: 'smiley', label: l10n.t('React'), run: button => around.onPick(row, button) },
    isThere && mayAct && { icon: 'reply', label: l10n.t('Reply'), run: () => around.onReply(row) },
    isThere &&
      mayAct &&
      mine &&
      text !== '' && { icon: 'edit', label: l10n.t('Edit'), run: () => around.onEditSent(row) },
    text !== '' && copy,
    isThere &&
      isSealed && { icon: 'link', label: l10n.t('Copy link to message'), run: () => around.onCopyLink(position) },
    isThere &&
      reached !== undefined && {
        icon: 'eye',
        label: l10n.t('Show who has it'),
        run: button => around.onReached(row, button),
      },
    !mine && { icon: 'mail', label: l10n.t('Mark as unread from here'), run: () => around.onMarkUnread(position) },
    {
      icon: 'trash',
      label: l10n.t('Delete…'),
      run: () => around.onRemove(row, isThere && mayAct && (mine || people.mayDelete)),
    },
  ]
  return all.filter(action => action !== false)
}
