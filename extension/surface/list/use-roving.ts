import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { rowId } from './message-row.tsx'
import { besides, firstAction, focusRow, moved } from './roving.ts'
import type { Place } from './use-place.ts'

export interface Roving {
  /** The message that the Tab key comes to, by its key. */
  readonly tabStop: string | undefined
  /** Which rows must be in the page even out of sight: the one that has the focus. */
  readonly kept: readonly number[]
  /** Focuses the message that had the focus last, else the lowest in sight. */
  readonly focus: () => void
  readonly focusLast: () => void
  readonly on: {
    readonly onKeyDown: (event: KeyboardEvent) => void
    readonly onFocusIn: (event: FocusEvent) => void
    readonly onFocusOut: (event: FocusEvent) => void
  }
}

/** The focus among the messages: one of them has it at a time, and keys take it to the others and to what they offer. */
export function useRoving(place: Place, isToEnd: boolean, onLeave: () => void): Roving {
  const { rows, mover, list, lowest } = place
  const [active, setActive] = useState<string>()
  /** What is to have the focus once it is drawn. */
  const wanted = useRef<string | undefined>(undefined)
  const hasFocus = useRef(false)
  const activeIndex = rows.findIndex(({ key }) => key === active)
  const lowestIndex = rows.findIndex(({ key }) => key === lowest)
  const tabStopIndex = activeIndex >= 0 ? activeIndex : lowestIndex >= 0 ? lowestIndex : rows.length - 1

  const focusInPlace = (index: number) => {
    const key = rows[index]?.key
    if (key === undefined) return
    setActive(key)
    wanted.current = key
    focusRow(key, () => wanted.current === key)
  }

  const focusIndex = (index: number) => {
    const key = rows[index]?.key
    if (key === undefined) return
    mover.go(isToEnd && index === rows.length - 1 ? 'end' : { key, align: 'nearest' }, rows)
    focusInPlace(index)
  }

  useLayoutEffect(() => {
    // What had the focus may have gone, and a lost focus starts again at the top of the page.
    if (hasFocus.current && document.activeElement === document.body) focusInPlace(tabStopIndex)
  }, [rows])

  /** What a key does; undefined: nothing. */
  const actionOf = (event: KeyboardEvent): (() => void) | undefined => {
    const { key, target, shiftKey } = event
    const message = target instanceof HTMLElement ? target.closest('article') : null
    if (event.altKey || event.ctrlKey || event.metaKey || !(target instanceof HTMLElement) || !message) return undefined
    if (key === 'F6' && shiftKey) return onLeave
    if (target !== message) {
      if (key === 'Escape') return () => message.focus()
      const next = key === 'ArrowLeft' || key === 'ArrowRight' ? besides(target, key) : undefined
      return next && (() => next.focus())
    }
    if (key === 'Escape') return onLeave
    if (key === 'Enter' || key === 'ContextMenu' || (key === 'F10' && shiftKey)) {
      return () => firstAction(message)?.focus()
    }
    const index = list.current === null || shiftKey ? undefined : moved(key, tabStopIndex, rows, list.current)
    return index === undefined ? undefined : () => focusIndex(index)
  }

  return {
    tabStop: rows[tabStopIndex]?.key,
    kept: activeIndex >= 0 ? [activeIndex] : [],
    focus: () => focusIndex(tabStopIndex),
    focusLast: () => focusIndex(rows.length - 1),
    on: {
      onKeyDown: event => {
        mover.touch()
        const action = actionOf(event)
        if (action === undefined) return
        event.preventDefault()
        event.stopPropagation()
        action()
      },
      onFocusIn: ({ target }) => {
        const message = target instanceof Element ? target.closest('article') : null
        const row = message && rows.find(({ key }) => message.id === rowId(key))
        // The browser may have scrolled to what a person has focused.
        if (row?.key !== wanted.current) mover.touch()
        wanted.current = undefined
        hasFocus.current = true
        if (row) setActive(row.key)
      },
      onFocusOut: ({ target }) =>
        queueMicrotask(() => {
          // An element that is taken out of the page loses the focus, but nobody has taken it away from the list.
          if (target instanceof Node && target.isConnected) hasFocus.current = false
        }),
    },
  }
}
