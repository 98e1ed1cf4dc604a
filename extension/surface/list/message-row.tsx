import * as l10n from '@vscode/l10n'
import { memo } from 'preact/compat'
import type { Place } from '../../src/chat/messages.ts'
import { limits } from '../limits.ts'
import type { Dates } from '../model/dates.ts'
import { plainText } from '../model/plain.ts'
import type { Row } from '../model/rows.ts'
import { Avatar } from '../style/avatar.tsx'
import { Icon } from '../style/icon.tsx'
import { MessageText } from '../text/message-text.tsx'
import { NotSent, StandingWords } from './standing.tsx'

/** What rows need of the app; the same object as long as nothing of it changes. */
export interface Surroundings {
  readonly dates: Dates
  readonly now: number
  /** The display name of the author of a row. */
  readonly nameOf: (row: Row) => string
  /** The display name of the other one. */
  readonly person: string
  readonly onLink: (href: string) => void
  readonly onPlace: (place: Place) => Promise<boolean>
  readonly onCopy: (text: string) => void
  readonly onRetry: (message: string) => void
  readonly onEdit: (message: string) => void
  readonly onDiscard: (message: string) => void
}

export interface MessageRowProps {
  readonly row: Row
  readonly around: Surroundings
  /** Whether the Tab key comes to this message. */
  readonly isTabStop: boolean
}

/** One message: an article with what stands above it (the day, the *New* line) and what can be done with it. */
export const MessageRow = memo(({ row, around, isTabStop }: MessageRowProps) => {
  const { dates } = around
  const name = around.nameOf(row)
  return (
    <article
      class={classOf(row)}
      id={rowId(row.key)}
      tabIndex={isTabStop ? 0 : -1}
      aria-label={l10n.t('{0}, {1}: {2}', name, dates.time(row.written), plainText(row.text, limits.announced))}
    >
      {row.isFirst && <p class="begin">{l10n.t('This is the beginning of your chat with {0}.', around.person)}</p>}
      {row.day !== undefined && (
        <div class="day">
          <span>{dates.day(row.day, around.now)}</span>
        </div>
      )}
      {row.isNew && (
        <div class="new-line">
          <span>{l10n.t('New')}</span>
        </div>
      )}
      <div class="message-main">
        <div class="message-gutter">
          {row.hasHead ? <Avatar user={row.user} name={name} /> : <Written row={row} around={around} isShort={true} />}
        </div>
        <div class="message-content">
          {row.hasHead && (
            <div class="message-head">
              <span class="message-author" dir="auto">
                {name}
              </span>
              <Written row={row} around={around} isShort={false} />
            </div>
          )}
          <div class="message-text" dir="auto">
            <MessageText
              text={row.text}
              mine={row.mine}
              isTabStop={isTabStop}
              onLink={around.onLink}
              onPlace={around.onPlace}
              onCopy={around.onCopy}
            />
          </div>
          {row.standing?.is === 'failed' ? (
            <NotSent row={row} why={row.standing.why} around={around} isTabStop={isTabStop} />
          ) : (
            row.isStandingSaid && row.standing && <StandingWords standing={row.standing} person={around.person} />
          )}
        </div>
        <div class="message-actions" role="toolbar" aria-label={l10n.t('Actions on this message')}>
          <button
            type="button"
            class="icon-button"
            tabIndex={isTabStop ? 0 : -1}
            aria-label={l10n.t('Copy text')}
            title={l10n.t('Copy text')}
            onClick={() => around.onCopy(row.text)}
          >
            <Icon name="copy" />
          </button>
        </div>
      </div>
    </article>
  )
})

/** The id of a row's element in the page. */
export function rowId(key: string): string {
  return `message-${key}`
}

interface WrittenProps {
  readonly row: Row
  readonly around: Surroundings
  /** Whether the message above has a head with the whole time. */
  readonly isShort: boolean
}

function Written({ row, around: { dates }, isShort }: WrittenProps) {
  const time = isShort ? dates.shortTime : row.isOtherDay ? dates.whole : dates.time
  return (
    <time class="message-time" dateTime={new Date(row.written).toISOString()} title={dates.whole(row.written)}>
      {time(row.written)}
    </time>
  )
}

function classOf(row: Row): string {
  const isPending = row.standing !== undefined && row.standing.is !== 'delivered' && row.standing.is !== 'sent'
  return [
    'message',
    row.hasHead ? 'has-head' : 'goes-on',
    row.isLast && 'is-last',
    row.mine && 'is-mine',
    isPending && 'is-pending',
    row.standing?.is === 'failed' && 'is-failed',
  ]
    .filter(Boolean)
    .join(' ')
}
