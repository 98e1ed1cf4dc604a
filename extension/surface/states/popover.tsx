import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

export interface PopoverProps {
  readonly label: string
  /** What was pressed: it stands beside it, and the focus goes back there. */
  readonly by: HTMLElement
  readonly onClose: () => void
  readonly children: ComponentChildren
}

/** Something small beside what was pressed, until Escape or a press elsewhere. */
export function Popover({ label, by, onClose, children }: PopoverProps) {
  const whole = useRef<HTMLDivElement>(null)

  // Before it is painted, and before the next key comes.
  useLayoutEffect(() => {
    const element = whole.current
    if (!element) return
    const moved = () => by.isConnected && place(element, by.getBoundingClientRect())
    // What is asked for first comes later, and takes more room.
    const grown = new ResizeObserver(moved)
    grown.observe(element)
    moved()
    const first = element.querySelector<HTMLElement>('input, [tabindex="0"]')
    ;(first ?? element).focus()
    const away = ({ target }: Event) => {
      if (target instanceof Node && !element.contains(target)) onClose()
    }
    document.addEventListener('pointerdown', away)
    window.addEventListener('blur', onClose)
    return () => {
      grown.disconnect()
      document.removeEventListener('pointerdown', away)
      window.removeEventListener('blur', onClose)
    }
  }, [by])

  return (
    <div
      ref={whole}
      class="popover"
      role="dialog"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what is longer than it is scrolled by keys
      tabIndex={0}
      onKeyDown={event => {
        if (event.key !== 'Escape' && event.key !== 'Tab') return
        event.preventDefault()
        event.stopPropagation()
        onClose()
        if (by.isConnected) by.focus()
      }}
    >
      {children}
    </div>
  )
}

/** Above what was pressed where there is room, else below, and never beyond the page. */
function place(element: HTMLElement, { top, bottom, left }: DOMRect): void {
  const { offsetWidth, offsetHeight } = element
  const { clientWidth, clientHeight } = document.documentElement
  const above = top - offsetHeight - gap
  const y = above >= gap ? above : Math.min(bottom + gap, clientHeight - offsetHeight - gap)
  const x = Math.min(Math.max(gap, left), clientWidth - offsetWidth - gap)
  element.style.top = `${Math.max(gap, y)}px`
  element.style.left = `${Math.max(gap, x)}px`
}

/** Px around it. */
const gap = 4
