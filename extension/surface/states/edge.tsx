import * as l10n from '@vscode/l10n'
import type { Loading } from '../chat/state.ts'
import { Icon } from '../style/icon.tsx'

export interface EdgeProps {
  readonly at: 'top' | 'bottom'
  readonly loading: Loading
  readonly onRetry: () => void
}

/** That a page of messages is on its way, or why it did not come. It lies over the list and moves nothing. */
export function Edge({ at, loading, onRetry }: EdgeProps) {
  if (loading === 'idle') return null
  if (loading === 'loading') {
    return (
      <div class={`edge is-${at} is-loading`}>
        <Icon name="loading" />
        <span>{at === 'top' ? l10n.t('Loading older messages…') : l10n.t('Loading newer messages…')}</span>
      </div>
    )
  }
  return (
    <div class={`edge is-${at} is-error`} role="status">
      <Icon name="warning" />
      <span>{l10n.t('Messages could not be loaded. {0}', loading.why)}</span>
      <button type="button" class="button is-secondary" onClick={onRetry}>
        {l10n.t('Retry')}
      </button>
    </div>
  )
}
