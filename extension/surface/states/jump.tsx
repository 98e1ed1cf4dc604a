import * as l10n from '@vscode/l10n'
import { Icon } from '../style/icon.tsx'

export interface JumpProps {
  /** How many messages are new below. */
  readonly count: number
  readonly onJump: () => void
}

/** The way back to the latest message, with the number of new ones there. */
export function Jump({ count, onJump }: JumpProps) {
  return (
    <button type="button" class="jump" onClick={onJump}>
      <Icon name="arrow-down" />
      <span>{l10n.t('Jump to latest')}</span>
      {count > 0 && (
        <>
          <span class="count" aria-hidden="true">
            {count > 99 ? '99+' : count}
          </span>
          <span class="sr-only">{l10n.t('{0} new', count)}</span>
        </>
      )}
    </button>
  )
}
