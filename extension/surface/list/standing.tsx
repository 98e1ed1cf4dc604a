import * as l10n from '@vscode/l10n'
import type { People } from '../model/people.ts'
import type { Row, Standing } from '../model/rows.ts'
import type { IconName } from '../parts.ts'
import { Icon } from '../style/icon.tsx'
import type { Surroundings } from './message-row.tsx'

/** What is true of a message of one's own, in words beside it. */
export function StandingWords({ row, standing, around, isTabStop }: StandingWordsProps) {
  const [icon, words, title] = wordsOf(standing, around.people, row.reached)
  const inside = (
    <>
      {icon && <Icon name={icon} />}
      <span title={title}>{words}</span>
    </>
  )
  const isTold = row.reached !== undefined && ['sent', 'delivered', 'read'].includes(standing.is)
  if (!isTold) return <div class={`message-state is-${standing.is}`}>{inside}</div>
  return (
    <button
      type="button"
      class={`message-state is-${standing.is}`}
      tabIndex={isTabStop ? 0 : -1}
      aria-haspopup="dialog"
      title={l10n.t('Show who has it')}
      onClick={({ currentTarget }) => around.onReached(row, currentTarget)}
    >
      {inside}
    </button>
  )
}

interface StandingWordsProps {
  readonly row: Row
  readonly standing: Standing
  readonly around: Surroundings
  readonly isTabStop: boolean
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
  { title: name, isRoom, isClassic }: People,
  told: Row['reached'],
): readonly [icon: IconName | undefined, words: string, title?: string] {
  // Of a room of two it is said as in a chat of two.
  const reached = told?.of === 1 ? undefined : told
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
      return [
        'history',
        isRoom ? l10n.t('Waiting for a device of somebody else') : l10n.t('Waiting for {0}’s device', name),
      ]
    case 'sent':
      // No tick: nobody ever says that it came.
      if (isClassic) {
        return [undefined, l10n.t('Sent'), l10n.t('Handed over. The original program never says whether it was taken.')]
      }
      if (reached && reached.delivered > 0) {
        return ['check', l10n.t('Delivered to {0} of {1}', reached.delivered, reached.of)]
      }
      return [
        'check',
        l10n.t('Sent'),
        l10n.t('It has left this device: your team’s mailbox or another device keeps it.'),
      ]
    case 'delivered':
      if (reached && reached.read > 0) return ['check-all', l10n.t('Read by {0} of {1}', reached.read, reached.of)]
      return ['check-all', reached ? l10n.t('Delivered to all {0}', reached.of) : l10n.t('Delivered')]
    case 'read':
      return ['eye', reached ? l10n.t('Read by all {0}', reached.of) : l10n.t('Read')]
    case 'failed':
      return ['error', standing.why]
  }
}
