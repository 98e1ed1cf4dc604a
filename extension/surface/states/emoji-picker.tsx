import * as l10n from '@vscode/l10n'
import { useId, useState } from 'preact/hooks'
import { soughtEmoji } from '../model/emoji.ts'
import { Popover } from './popover.tsx'

export interface EmojiPickerProps {
  readonly by: HTMLElement
  readonly onPick: (emoji: string) => void
  readonly onClose: () => void
}

/** Lets one choose an emoji: by arrow keys, or by a word (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/). */
export function EmojiPicker({ by, onPick, onClose }: EmojiPickerProps) {
  const [sought, setSought] = useState('')
  const [active, setActive] = useState(0)
  const list = useId()
  const found = soughtEmoji(sought)
  const pick = (emoji: string | undefined) => {
    if (emoji === undefined) return
    onClose()
    onPick(emoji)
    if (by.isConnected) by.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const isForward = getComputedStyle(by).direction === 'ltr' ? 1 : -1
    const step = { ArrowRight: isForward, ArrowLeft: -isForward, ArrowDown: columns, ArrowUp: -columns }[event.key]
    if (event.key === 'Enter') pick(found[active]?.[0])
    else if (step !== undefined) setActive(Math.min(Math.max(active + step, 0), found.length - 1))
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <Popover label={l10n.t('React')} by={by} onClose={onClose}>
      <input
        class="popover-field"
        type="text"
        role="combobox"
        aria-expanded={true}
        aria-controls={list}
        aria-activedescendant={found[active] && `${list}-${active}`}
        aria-label={l10n.t('Search for an emoji')}
        placeholder={l10n.t('Search for an emoji')}
        value={sought}
        onInput={({ currentTarget }) => {
          setSought(currentTarget.value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div class="emoji-list" role="listbox" id={list} aria-label={l10n.t('Emoji')}>
        {found.map(([emoji, words], index) => (
          <button
            key={emoji}
            type="button"
            class="emoji"
            role="option"
            id={`${list}-${index}`}
            tabIndex={-1}
            aria-selected={index === active}
            aria-label={`${emoji} ${words}`}
            title={words}
            onClick={() => pick(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
      {found.length === 0 && <p class="popover-none">{l10n.t('No emoji has that word.')}</p>}
    </Popover>
  )
}

/** As `.emoji-list` has it. */
const columns = 8
