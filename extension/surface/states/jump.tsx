import * as l10n from '@vscode/l10n'
import { Icon } from '../style/icon.tsx'

export interface JumpProps {
  /** How many messages are new below. */
  readonly count: number
  readonly onJump: () => void
}

/** The way back to the latest message, with the number of new ones there. */
export function Jump({ count, onJump }: JumpProps) {
  const label = count === 0 ? l10n.t('Jump to latest') : l10n.t('Jump to latest, {0} new', count)
  return (
    <button type="button" class="jump" aria-label={label} title={label} onClick={onJump}>
      <Icon name="arrow-down" />
      <span>{l10n.t('Jump to latest')}</span>
      {count > 0 && <span class="count">{count > 99 ? '99+' : count}</span>}
    </button>
  )
}
