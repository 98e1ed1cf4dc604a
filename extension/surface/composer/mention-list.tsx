import * as l10n from '@vscode/l10n'
import type { Offered } from './mention.ts'

export interface MentionListProps {
  readonly id: string
  readonly offered: readonly Offered[]
  readonly active: number
  readonly onPick: (name: string) => void
}

/** Whom `@` may mean; the focus stays in the text. */
export function MentionList({ id, offered, active, onPick }: MentionListProps) {
  return (
    <div class="mentions" role="listbox" id={id} aria-label={l10n.t('People to mention')}>
      {offered.map(({ name, words }, index) => (
        <div
          key={name}
          class="mention-option"
          role="option"
          tabIndex={-1}
          id={`${id}-${index}`}
          aria-selected={index === active}
          // The text keeps the focus.
          onPointerDown={event => {
            event.preventDefault()
            onPick(name)
          }}
        >
          <span class="mention-name" dir="auto">
            {words}
          </span>
          <span class="mention-user" dir="ltr">
            @{name}
          </span>
        </div>
      ))}
    </div>
  )
}
