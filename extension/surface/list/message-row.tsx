import * as l10n from '@vscode/l10n'
import { memo } from 'preact/compat'
import { useState } from 'preact/hooks'
import type { Place } from '../../src/chat/messages.ts'
import type { Files } from '../chat/files.ts'
import { limits } from '../limits.ts'
import type { Dates } from '../model/dates.ts'
import { eventWords } from '../model/event-words.ts'
import type { People } from '../model/people.ts'
import { plainText } from '../model/plain.ts'
import type { Row } from '../model/rows.ts'
import { Avatar } from '../style/avatar.tsx'
import { Icon } from '../style/icon.tsx'
import { MessageText } from '../text/message-text.tsx'
import { EventLine } from './event-line.tsx'
import { FilesOf } from './files.tsx'
import { QuoteOf } from './quote.tsx'
import { Reactions } from './reactions.tsx'
import { RowActions } from './row-actions.tsx'
import { NotSent, StandingWords } from './standing.tsx'

/** What rows need of the app; the same object as long as nothing of it changes. */
export interface Surroundings {
  readonly dates: Dates
  readonly now: number
  /** The display name of the author of a row. */
  readonly nameOf: (row: Row) => string
  readonly people: People
  readonly files: Files
  /** The language of numbers, as BCP 47. */
  readonly locale: string
  /** Whether one may write here, and so answer and react. */
  readonly mayAct: boolean
  /** The message that is pointed out, by its position. */
  readonly shows: string | undefined
  readonly onLink: (href: string) => void
  readonly onPlace: (place: Place) => Promise<boolean>
  readonly onCopy: (text: string) => void
  readonly onRetry: (message: string) => void
  readonly onEdit: (message: string) => void
  readonly onDiscard: (message: string) => void
  readonly onReply: (row: Row) => void
  readonly onEditSent: (row: Row) => void
  /** `forAll`: whether it may be deleted for everybody. */
  readonly onRemove: (row: Row, forAll: boolean) => void
  readonly onMarkUnread: (position: string) => void
  readonly onReact: (row: Row, emoji: string, on: boolean) => void
  /** Lets one choose with what to react; `by`: what was pressed. */
  readonly onPick: (row: Row, by: HTMLElement) => void
  readonly onJump: (position: string) => void
  readonly onCopyLink: (position: string) => void
  /** Shows who has a message. */
  readonly onReached: (row: Row, by: HTMLElement) => void
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
  const [isPointed, setPointed] = useState(false)
  return (
    <article
      class={classOf(row, around)}
      id={rowId(row.key)}
      tabIndex={isTabStop ? 0 : -1}
      aria-label={labelOf(row, around)}
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
    >
      {row.isFirst && <p class="begin">{beginningOf(around.people)}</p>}
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
      {row.event && <EventLine event={row.event} by={name} written={row.written} dates={dates} />}
      {!row.event && <Body row={row} around={around} isTabStop={isTabStop} name={name} isPointed={isPointed} />}
    </article>
  )
})

interface BodyProps extends MessageRowProps {
  readonly name: string
  readonly isPointed: boolean
}

function Body({ row, around, isTabStop, name, isPointed }: BodyProps) {
  return (
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
        {row.replyTo && !row.isDeleted && <QuoteOf replyTo={row.replyTo} around={around} isTabStop={isTabStop} />}
        <Text row={row} around={around} isTabStop={isTabStop} />
        {row.files && !row.isDeleted && (
          <FilesOf files={row.files} around={around} isTaken={row.position !== undefined} isTabStop={isTabStop} />
        )}
        {row.edited !== undefined && !row.isDeleted && (
          <span class="message-edited" title={around.dates.whole(row.edited)}>
            {l10n.t('(edited)')}
          </span>
        )}
        {row.imported && (
          <span class="message-edited" title={l10n.t('From an imported file: no signature shows who wrote it.')}>
            {l10n.t('(imported, not signed)')}
          </span>
        )}
        {row.reactions && row.reactions.length > 0 && !row.isDeleted && (
          <Reactions row={row} reactions={row.reactions} around={around} isTabStop={isTabStop} />
        )}
        {row.standing?.is === 'failed' ? (
          <NotSent row={row} why={row.standing.why} around={around} isTabStop={isTabStop} />
        ) : (
          row.isStandingSaid &&
          !row.isDeleted &&
          row.standing && <StandingWords row={row} standing={row.standing} around={around} isTabStop={isTabStop} />
        )}
      </div>
      {/* In each of the rows that are passed they would be a third of what is drawn. */}
      {(isPointed || isTabStop) && <RowActions row={row} around={around} isTabStop={isTabStop} />}
    </div>
  )
}

function Text({ row, around, isTabStop }: MessageRowProps) {
  if (row.isDeleted) {
    return (
      <p class="message-deleted">
        <Icon name="trash" />
        <span>{l10n.t('This message was deleted.')}</span>
      </p>
    )
  }
  if (row.text === '') return null
  return (
    <div class="message-text" dir="auto">
      <MessageText
        text={row.text}
        mine={row.mine}
        self={around.people.self.name}
        isTabStop={isTabStop}
        onLink={around.onLink}
        onPlace={around.onPlace}
        onCopy={around.onCopy}
      />
    </div>
  )
}

function beginningOf({ title, isRoom }: People): string {
  return isRoom
    ? l10n.t('This is the beginning of {0}, as far as you see it.', title)
    : l10n.t('This is the beginning of your chat with {0}.', title)
}

/** The message as a screen reader says it. */
function labelOf(row: Row, around: Surroundings): string {
  const name = around.nameOf(row)
  const time = around.dates.time(row.written)
  if (row.event) return l10n.t('{0}: {1}', time, eventWords(row.event, name))
  const text = row.isDeleted ? l10n.t('This message was deleted.') : plainText(row.text, limits.announced)
  const marks = [
    ...(row.isDeleted ? [] : (row.files ?? []).map(({ name: file }) => l10n.t('file {0}', file))),
    ...(row.mentionsMe ? [l10n.t('mentions you')] : []),
    ...(row.edited !== undefined && !row.isDeleted ? [l10n.t('edited')] : []),
    ...(row.imported ? [l10n.t('imported, not signed')] : []),
  ]
  return [l10n.t('{0}, {1}: {2}', name, time, text), ...marks].join(', ')
}

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

function classOf(row: Row, { shows }: Surroundings): string {
  const isPending = row.standing !== undefined && !['sent', 'delivered', 'read'].includes(row.standing.is)
  return [
    'message',
    row.hasHead ? 'has-head' : 'goes-on',
    row.isLast && 'is-last',
    row.mine && 'is-mine',
    row.mentionsMe && 'is-to-me',
    row.event && 'is-event',
    shows !== undefined && row.position === shows && 'is-shown',
    isPending && 'is-pending',
    row.standing?.is === 'failed' && 'is-failed',
  ]
    .filter(Boolean)
    .join(' ')
}
