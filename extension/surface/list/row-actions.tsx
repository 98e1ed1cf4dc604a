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
  const { position, mine, text, isDeleted } = row
  const copy: readonly Action[] =
    text === '' ? [] : [{ icon: 'copy', label: l10n.t('Copy text'), run: () => around.onCopy(text) }]
  // The hub has not taken it: it can be edited and dropped in another way.
  if (position === undefined || isDeleted || !around.mayAct) return copy
  const isSealed = !isQueued(position)
  const all: readonly (Action | false)[] = [
    { icon: 'smiley', label: l10n.t('React'), run: button => around.onPick(row, button) },
    { icon: 'reply', label: l10n.t('Reply'), run: () => around.onReply(row) },
    mine && text !== '' && { icon: 'edit', label: l10n.t('Edit'), run: () => around.onEditSent(row) },
    ...copy,
    isSealed && { icon: 'link', label: l10n.t('Copy link to message'), run: () => around.onCopyLink(position) },
    (mine || around.people.mayDelete) && {
      icon: 'trash',
      label: l10n.t('Delete…'),
      run: () => around.onRemove(row),
    },
  ]
  return all.filter(action => action !== false)
}
