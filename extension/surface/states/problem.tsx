import * as l10n from '@vscode/l10n'
import { Icon } from '../style/icon.tsx'

export interface ProblemProps {
  readonly why: string | undefined
  readonly onClose: () => void
}

/** Why what was asked for was not done. The element is always there, so that it is read out. */
export function Problem({ why, onClose }: ProblemProps) {
  return (
    <div class={why === undefined ? 'problem is-none' : 'problem'} role="alert">
      {why !== undefined && (
        <>
          <Icon name="error" />
          <span class="problem-text">{why}</span>
          <button
            type="button"
            class="icon-button"
            aria-label={l10n.t('Close')}
            title={l10n.t('Close')}
            onClick={onClose}
          >
            <Icon name="close" />
          </button>
        </>
      )}
    </div>
  )
}
