import * as l10n from '@vscode/l10n'
import type { Row, Standing } from '../model/rows.ts'
import type { IconName } from '../parts.ts'
import { Icon } from '../style/icon.tsx'
import type { Surroundings } from './message-row.tsx'

/** What is true of a message of one's own, in words beside it. */
export function StandingWords({ standing, person }: { readonly standing: Standing; readonly person: string }) {
  const [icon, words, title] = wordsOf(standing, person)
  return (
    <div class={`message-state is-${standing.is}`}>
      {icon && <Icon name={icon} />}
      <span title={title}>{words}</span>
    </div>
  )
}

export interface NotSentProps {
  readonly row: Row
  readonly why: string
  readonly around: Surroundings
  readonly isTabStop: boolean
}

/** Why a message was not sent, and what can be done about it. */
export function NotSent({ row, why, around, isTabStop }: NotSentProps) {
  const { message } = row
  const button = (label: string, action: (message: string) => void) => (
    <button type="button" class="button is-secondary" tabIndex={isTabStop ? 0 : -1} onClick={() => action(message)}>
      {label}
    </button>
  )
  return (
    <div class="message-failed">
      <span class="message-failed-why">
        <Icon name="error" />
        <span>{l10n.t('Not sent. {0}', why)}</span>
      </span>
      <span class="message-failed-actions">
        {button(l10n.t('Retry'), around.onRetry)}
        {button(l10n.t('Edit'), around.onEdit)}
        {button(l10n.t('Discard'), around.onDiscard)}
      </span>
    </div>
  )
}

function wordsOf(
  standing: Standing,
  person: string,
): readonly [icon: IconName | undefined, words: string, title?: string] {
  switch (standing.is) {
    case 'sending':
      return ['sync', l10n.t('Sending…')]
    case 'waiting':
      return [
        'history',
        standing.until === 'signedIn'
          ? l10n.t('Waiting until you sign in')
          : l10n.t('Waiting for Parley’s background service'),
      ]
    case 'queued':
      return ['history', l10n.t('Waiting for {0}’s device', person)]
    case 'sent':
      // No tick: nobody ever says that it came.
      return [undefined, l10n.t('Sent'), l10n.t('Handed over. The original program never says whether it was taken.')]
    case 'delivered':
      return ['check', l10n.t('Delivered')]
    case 'failed':
      return ['error', standing.why]
  }
}
