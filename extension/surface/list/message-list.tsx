import * as l10n from '@vscode/l10n'
import type { Ref } from 'preact'
import { useCallback, useImperativeHandle, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import type { InSight } from '../chat/reader.ts'
import type { Start } from '../chat/state.ts'
import { limits } from '../limits.ts'
import type { Row } from '../model/rows.ts'
import { MessageRow, rowId, type Surroundings } from './message-row.tsx'
import { Mover } from './mover.ts'
import { inSight, type Measured, startAt, topmost } from './place.ts'
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
  const [mover] = useState(
    () =>
      new Mover(
        () => list.current,
        () => scroller.current,
      ),
  )
  const wanted = useRef<string | undefined>(undefined)
  const hasFocus = useRef(false)
  const shown = useRef<readonly Row[]>(props.rows)

  /** What the page says, not what the virtual list has heard: that hears of a scroll with the next frame. */
  const measured = (): Measured | undefined => {
    const [handle, element] = [list.current, scroller.current]
    if (handle === null || element === null || handle.viewportSize === 0) return undefined
    const { scrollTop, scrollHeight, clientHeight } = element
    return {
      top: scrollTop,
      seen: clientHeight,
      below: scrollHeight - scrollTop - clientHeight,
      indexAt: handle.findItemIndex,
      offsetOf: handle.getItemOffset,
    }
  }

  const anchor = () => {
    const now = measured()
    return now && shown.current[topmost(now)]?.key
  }
  const { items: rows, shift } = useSteps(props.rows, anchor)
  shown.current = rows

  const isAtEnd = ({ below }: Measured) => isToEnd && below <= limits.atEnd

  /** Stays where it is to be, but lets nothing new scroll by unseen. */
  const settle = () => {
    const now = measured()
    const line = mover.isFollowing && !isInSight ? rows.findIndex(({ isNew }) => isNew) : -1
    const row = rows[line]
    if (now && row && now.top + now.below > now.offsetOf(line)) mover.go({ key: row.key, align: 'start' }, rows)
    else mover.settle(rows)
  }

  const look = () => {
    const now = measured()
    if (now === undefined || !mover.look(rows, isAtEnd(now))) return
    onSight(inSight(rows, now, isAtEnd(now)))
    onEnd(isAtEnd(now) || mover.isFollowing)
    setLowest(rows[now.indexAt(now.top + now.seen - 1)]?.key)
    if (now.top < now.seen * limits.loadAhead) onNearStart()
    if (now.below < now.seen * limits.loadAhead) onNearEnd()
  }

  const rest = () => {
    const now = measured()
    const index = now ? topmost(now) : -1
    const row = rows[index]
    if (now && row) mover.rest(isAtEnd(now), { key: row.key, align: 'start', offset: now.top - now.offsetOf(index) })
  }

  useLayoutEffect(() => mover.go(startAt(at, rows), rows), [])

  useLayoutEffect(() => {
    settle()
    look()
    // What had the focus may have gone, and a lost focus starts again at the top of the page.
    if (hasFocus.current && document.activeElement === document.body) focusInPlace(tabStopIndex)
  }, [rows])

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

  useImperativeHandle(props.ref, () => ({
    toEnd: () => mover.go('end', shown.current),
    focus: () => focusIndex(tabStopIndex),
    focusLast: () => focusIndex(shown.current.length - 1),
  }))

  const onKeyDown = (event: KeyboardEvent) => {
    mover.touch()
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
    // The browser may have scrolled to what a person has focused.
    if (row?.key !== wanted.current) mover.touch()
    wanted.current = undefined
    hasFocus.current = true
    if (row) setActive(row.key)
  }

  const onFocusOut = ({ target }: FocusEvent) => {
    queueMicrotask(() => {
      // An element that is taken out of the page loses the focus, but nobody has taken it away from the list.
      if (target instanceof Node && target.isConnected) hasFocus.current = false
    })
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
      onWheel={({ deltaY }) => mover.turn(deltaY)}
      onPointerDown={() => mover.touch()}
      onFocusIn={onFocusIn}
      onFocusOut={onFocusOut}
    >
      <div class="list-space" />
      <Virtualizer
        ref={list}
        data={rows}
        shift={shift}
        bufferSize={limits.drawAhead}
        keepMounted={activeIndex >= 0 ? [activeIndex] : []}
        onScroll={look}
        onScrollEnd={rest}
        onResize={() => {
          settle()
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
