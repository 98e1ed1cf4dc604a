import * as l10n from '@vscode/l10n'
import type { SurfaceAction } from '../../src/chat/messages.ts'

/** How wide the lines of the sketch are, in percent: like a chat, and the same each time. */
const lines = [38, 72, 54, 30, 64, 46]

/** What stands in for the chat until it is there. It comes late, so that a chat that opens at once does not flash. */
export function Opening() {
  return (
    <main class="opening">
      <h1 class="sr-only">{l10n.t('Loading messages…')}</h1>
      {lines.map(width => (
        <div key={width} class="opening-message" aria-hidden="true">
          <div class="opening-avatar" />
          <div class="opening-lines">
            <div class="opening-line is-name" />
            <div class="opening-line" style={{ width: `${width}%` }} />
          </div>
        </div>
      ))}
    </main>
  )
}

export interface FailedProps {
  readonly why: string
  readonly onRetry: () => void
  readonly act: (what: SurfaceAction) => void
}

/** The chat could not be opened: why, and what to do. */
export function Failed({ why, onRetry, act }: FailedProps) {
  return (
    <main class="failed">
      <h1>{l10n.t('This chat could not be opened')}</h1>
      <p role="alert">{why}</p>
      <div class="failed-actions">
        <button type="button" class="button" onClick={onRetry}>
          {l10n.t('Try again')}
        </button>
        <button type="button" class="button is-secondary" onClick={() => act('restartHub')}>
          {l10n.t('Restart the background service')}
        </button>
        <button type="button" class="button is-secondary" onClick={() => act('showLog')}>
          {l10n.t('Show log')}
        </button>
      </div>
    </main>
  )
}
