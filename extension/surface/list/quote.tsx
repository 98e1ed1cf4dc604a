import * as l10n from '@vscode/l10n'
import type { Row } from '../model/rows.ts'
import type { Surroundings } from './message-row.tsx'

export interface QuoteOfProps {
  readonly replyTo: NonNullable<Row['replyTo']>
  readonly around: Surroundings
  readonly isTabStop: boolean
}

/** What a message answers; pressed, that message comes into sight. */
export function QuoteOf({ replyTo, around, isTabStop }: QuoteOfProps) {
  const { user, name, text, position } = replyTo
  const author = around.people.nameOf(user, name)
  const words = text ?? l10n.t('a message that is not here')
  return (
    <button
      type="button"
      class="quote"
      tabIndex={isTabStop ? 0 : -1}
      disabled={position === undefined}
      title={position === undefined ? undefined : l10n.t('Show that message')}
      onClick={() => position !== undefined && around.onJump(position)}
    >
      <span class="sr-only">{l10n.t('In reply to')} </span>
      <span class="quote-author" dir="auto">
        {author}
      </span>
      <span class={text === undefined ? 'quote-text is-missing' : 'quote-text'} dir="auto">
        {words}
      </span>
    </button>
  )
}
