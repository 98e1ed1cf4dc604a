import { Fragment } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../style/icon.tsx'

export interface MenuProps {
  readonly label: string
  readonly title: string
  /** Groups, with a line between them. */
  readonly groups: readonly (readonly MenuItem[])[]
}

export interface MenuItem {
  readonly label: string
  readonly onPick: () => void
}

/** A button with a menu of commands (https://www.w3.org/WAI/ARIA/apg/patterns/menu-button/). */
export function Menu({ label, title, groups }: MenuProps) {
  const [isOpen, setOpen] = useState(false)
  const whole = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const entries = () => [...(whole.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]

  // Before the next key comes.
  useLayoutEffect(() => {
    if (!isOpen) return
    entries()[0]?.focus()
    const away = ({ target }: Event) => {
      if (target instanceof Node && !whole.current?.contains(target)) setOpen(false)
    }
    // A press into another part of the editor takes the focus from the page.
    const blurred = () => setOpen(false)
    document.addEventListener('pointerdown', away)
    window.addEventListener('blur', blurred)
    return () => {
      document.removeEventListener('pointerdown', away)
      window.removeEventListener('blur', blurred)
    }
  }, [isOpen])

  const close = () => {
    setOpen(false)
    button.current?.focus()
  }

  const onKeyDown = (event: KeyboardEvent) => {
    const all = entries()
    const at = all.findIndex(entry => entry.matches(':focus'))
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => all[(at + 1) % all.length]?.focus(),
      ArrowUp: () => all.at(at > 0 ? at - 1 : -1)?.focus(),
      Home: () => all[0]?.focus(),
      End: () => all.at(-1)?.focus(),
      Escape: close,
    }
    const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined
    if (event.key === 'Tab') setOpen(false)
    if (!move) return
    event.preventDefault()
    event.stopPropagation()
    move()
  }

  return (
    <div class="menu" ref={whole}>
      <button
        ref={button}
        type="button"
        class="icon-button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        title={title}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="ellipsis" />
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" tabIndex={-1} aria-label={label} onKeyDown={onKeyDown}>
          {groups.map((items, index) => (
            <Fragment key={index}>
              {index > 0 && <hr />}
              {items.map(({ label: item, onPick }) => (
                <button
                  key={item}
                  type="button"
                  role="menuitem"
                  tabIndex={-1}
                  onClick={() => {
                    close()
                    onPick()
                  }}
                >
                  {item}
                </button>
              ))}
            </Fragment>
          ))}
        </div>
      )}
    </div>
  )
}
