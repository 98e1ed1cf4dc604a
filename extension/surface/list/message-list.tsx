import * as l10n from '@vscode/l10n'
import type { Ref } from 'preact'
import { useCallback, useImperativeHandle, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import type { InSight } from '../chat/reader.ts'
import type { Start } from '../chat/state.ts'
import { limits } from '../limits.ts'
import type { Row } from '../model/rows.ts'
import { MessageRow, rowId, type Surroundings } from './message-row.tsx'
import { inSight, startAt } from './place.ts'
import { besides, firstAction, focusRow, moved } from './roving.ts'
import { useSteps } from './use-steps.ts'

export interface MessageListProps {
  readonly rows: readonly Row[]
  readonly around: Surroundings
  readonly at: Start['at']
  /** Whether the rows go on to the end of the conversation. */
  readonly isToEnd: boolean
  readonly isLoading: boolean
  /** Whether what comes is seen as it comes. */
  readonly isInSight: boolean
  readonly onSight: (inSight: InSight) => void
  /** Little is left above, or below, of what is drawn. */
  readonly onNearStart: () => void
  readonly onNearEnd: () => void
  readonly onEnd: (isAtEnd: boolean) => void
  /** The focus goes back to the composer. */
  readonly onLeave: () => void
  readonly ref: Ref<MessageListHandle>
}

export interface MessageListHandle {
  toEnd(): void
  /** Focuses the message that had the focus last, else the latest one in sight. */
  focus(): void
  focusLast(): void
}

/** The messages that are held, of which only those in sight are in the page. */
export function MessageList(props: MessageListProps) {
  const { around, at, isToEnd, isInSight, onSight, onNearStart, onNearEnd, onEnd, onLeave } = props
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const [active, setActive] = useState<string>()
  const [lowest, setLowest] = useState<string>()
  const isFollowing = useRef(at === 'latest')
  const lastOffset = useRef(0)
  const wanted = useRef<string | undefined>(undefined)
  const shown = useRef<readonly Row[]>(props.rows)

  const anchor = () => {
    const handle = list.current
    return handle === null ? undefined : shown.current[handle.findItemIndex(handle.scrollOffset)]?.key
  }
  const { items: rows, shift } = useSteps(props.rows, anchor)
  shown.current = rows

  /** Stays at the end, but lets nothing new scroll by unseen. */
  const follow = () => {
    const handle = list.current
    if (!isFollowing.current || handle === null || rows.length === 0) return
    const line = isInSight ? -1 : rows.findIndex(({ isNew }) => isNew)
    if (line >= 0 && handle.scrollSize - handle.viewportSize > handle.getItemOffset(line)) {
      isFollowing.current = false
      handle.scrollToIndex(line, { align: 'start' })
      return
    }
    handle.scrollToIndex(rows.length - 1, { align: 'end' })
  }

  const look = () => {
    const handle = list.current
    if (handle === null || handle.viewportSize === 0) return
    const { scrollOffset, viewportSize, scrollSize } = handle
    const left = scrollSize - scrollOffset - viewportSize
    const isAtEnd = isToEnd && left <= limits.atEnd
    if (isAtEnd) isFollowing.current = true
    else if (scrollOffset < lastOffset.current) isFollowing.current = false
    lastOffset.current = scrollOffset
    const seen = inSight(rows, handle, isAtEnd)
    onSight(seen)
    onEnd(isAtEnd || isFollowing.current)
    setLowest(rows[handle.findItemIndex(scrollOffset + viewportSize - 1)]?.key)
    if (scrollOffset < viewportSize * limits.loadAhead) onNearStart()
    if (left < viewportSize * limits.loadAhead) onNearEnd()
  }

  useLayoutEffect(() => {
    if (list.current === null) return
    const start = startAt(at, rows)
    if (start !== undefined) list.current.scrollToIndex(start.index, start)
  }, [])

  useLayoutEffect(() => {
    follow()
    look()
  }, [rows])

  const focusIndex = (index: number) => {
    const key = rows[index]?.key
    if (key === undefined) return
    setActive(key)
    wanted.current = key
    if (index === rows.length - 1) list.current?.scrollToIndex(index, { align: 'end' })
    else list.current?.scrollToIndex(index, { align: 'nearest' })
    focusRow(key, () => wanted.current === key)
  }

  useImperativeHandle(props.ref, () => ({
    toEnd: () => {
      isFollowing.current = true
      list.current?.scrollToIndex(shown.current.length - 1, { align: 'end' })
    },
    focus: () => focusIndex(tabStopIndex),
    focusLast: () => focusIndex(shown.current.length - 1),
  }))

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLElement)) return
    const message = event.target.closest('article')
    if (message === null) return
    if (event.key === 'F6' && event.shiftKey) return take(event, onLeave)
    if (event.target !== message) {
      if (event.key === 'Escape') return take(event, () => message.focus())
      const next = /^Arrow(Left|Right)$/.test(event.key) ? besides(event.target, event.key) : undefined
      if (next) take(event, () => next.focus())
      return
    }
    if (event.key === 'Escape') return take(event, onLeave)
    if (event.key === 'Enter' || event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      return take(event, () => firstAction(message)?.focus())
    }
    const handle = list.current
    if (handle === null || event.shiftKey) return
    const target = moved(event.key, tabStopIndex, rows, handle)
    if (target !== undefined) take(event, () => focusIndex(target))
  }

  const onFocusIn = (event: FocusEvent) => {
    const message = event.target instanceof Element ? event.target.closest('article') : null
    const row = message && rows.find(({ key }) => message.id === rowId(key))
    if (row) setActive(row.key)
  }

  const activeIndex = rows.findIndex(({ key }) => key === active)
  const lowestIndex = rows.findIndex(({ key }) => key === lowest)
  const tabStopIndex = activeIndex >= 0 ? activeIndex : lowestIndex >= 0 ? lowestIndex : rows.length - 1
  const tabStop = rows[tabStopIndex]?.key
  const draw = useCallback(
    (row: Row) => <MessageRow key={row.key} row={row} around={around} isTabStop={row.key === tabStop} />,
    [around, tabStop],
  )
  return (
    <div
      class="list"
      ref={scroller}
      role="feed"
      aria-label={l10n.t('Messages with {0}', around.person)}
      aria-busy={props.isLoading}
      onKeyDown={onKeyDown}
      onFocusIn={onFocusIn}
    >
      <div class="list-space" />
      <Virtualizer
        ref={list}
        data={rows}
        shift={shift}
        bufferSize={limits.drawAhead}
        keepMounted={activeIndex >= 0 ? [activeIndex] : []}
        onScroll={look}
        onResize={() => {
          follow()
          look()
        }}
      >
        {draw}
      </Virtualizer>
    </div>
  )
}

function take(event: Event, action: () => void): void {
  event.preventDefault()
  event.stopPropagation()
  action()
}
