import type { RefObject } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { VirtualizerHandle } from 'virtua'
import type { InSight } from '../chat/reader.ts'
import type { Start } from '../chat/state.ts'
import { limits } from '../limits.ts'
import type { Row } from '../model/rows.ts'
import { Mover } from './mover.ts'
import { inSight, type Measured, startAt, topmost } from './place.ts'
import { useSteps } from './use-steps.ts'

export interface PlaceOptions {
  readonly rows: readonly Row[]
  readonly at: Start['at']
  /** Whether the rows go on to the end of the conversation. */
  readonly isToEnd: boolean
  /** Whether what comes is seen as it comes. */
  readonly isInSight: boolean
  readonly onSight: (inSight: InSight) => void
  /** Little is left above, or below, of what is drawn. */
  readonly onNearStart: () => void
  readonly onNearEnd: () => void
  readonly onEnd: (isAtEnd: boolean) => void
}

export interface Place {
  readonly list: RefObject<VirtualizerHandle | null>
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly mover: Mover
  /** What the list is to show now, and whether what has changed of it is above what one reads. */
  readonly rows: readonly Row[]
  readonly shift: boolean
  /** The lowest message in sight, by its key. */
  readonly lowest: string | undefined
  /** Something has changed its height. */
  readonly onResize: () => void
  readonly onScroll: () => void
  readonly onScrollEnd: () => void
}

/** Where the list stands: brings it there, keeps it there whatever changes, and tells where a person takes it. */
export function usePlace(options: PlaceOptions): Place {
  const { at, isToEnd, isInSight, onSight, onNearStart, onNearEnd, onEnd } = options
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const [lowest, setLowest] = useState<string>()
  const [mover] = useState(() => new Mover(list, scroller))
  const shown = useRef(options.rows)

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

  const { items: rows, shift } = useSteps(options.rows, () => {
    const now = measured()
    return now && shown.current[topmost(now)]?.key
  })
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
    // Who follows is at the end, also for the moment in which what has come or grown is still below what is in sight.
    onSight(inSight(rows, now, isAtEnd(now) || (isToEnd && mover.isFollowing)))
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

  const resized = () => {
    settle()
    look()
  }

  useLayoutEffect(() => mover.go(startAt(at, rows), rows), [])
  useLayoutEffect(resized, [rows])
  return { list, scroller, mover, rows, shift, lowest, onResize: resized, onScroll: look, onScrollEnd: rest }
}
