import type { InSight } from '../chat/reader.ts'
import type { Start } from '../chat/state.ts'
import { isQueued } from '../model/held.ts'
import type { Row } from '../model/rows.ts'

/** What of the virtual list tells where one is. All in px from the top of what is held. */
export interface Measured {
  readonly scrollOffset: number
  readonly viewportSize: number
  findItemIndex(offset: number): number
  getItemOffset(index: number): number
}

/** Where the list begins: an index, and how it stands in sight. */
export interface StartPlace {
  readonly index: number
  readonly align: 'start' | 'end'
  readonly offset?: number
}

/** The place to begin at; undefined: there is nothing to show. */
export function startAt(at: Start['at'], rows: readonly Row[]): StartPlace | undefined {
  const end: StartPlace = { index: rows.length - 1, align: 'end' }
  if (rows.length === 0) return undefined
  if (at === 'latest') return end
  if (at === 'newLine') {
    const index = rows.findIndex(({ isNew }) => isNew)
    return index < 0 ? end : { index, align: 'start' }
  }
  const index = rows.findIndex(({ position }) => position === undefined || position >= at.position)
  if (index < 0) return end
  // The message itself may be gone; then the next one stands at the upper edge.
  return { index, align: 'start', offset: rows[index]?.position === at.position ? at.offset : 0 }
}

/** What is in sight, as it is kept and marked read. */
export function inSight(rows: readonly Row[], list: Measured, isAtEnd: boolean): InSight {
  if (rows.length === 0) return { isAtEnd }
  const top = sealedAbove(rows, list.findItemIndex(list.scrollOffset))
  const lowest = othersAbove(rows, list.findItemIndex(list.scrollOffset + list.viewportSize - 1))
  return {
    isAtEnd,
    ...(top === undefined
      ? {}
      : { top: { position: top.position, offset: Math.round(list.scrollOffset - list.getItemOffset(top.index)) } }),
    ...(lowest === undefined ? {} : { lowest }),
  }
}

/** The message itself or the nearest above that has its place for good: a queued one gets another. */
function sealedAbove(rows: readonly Row[], from: number): { index: number; position: string } | undefined {
  for (let index = Math.min(from, rows.length - 1); index >= 0; index--) {
    const position = rows[index]?.position
    if (position !== undefined && !isQueued(position)) return { index, position }
  }
  return undefined
}

function othersAbove(rows: readonly Row[], from: number): string | undefined {
  return rows.slice(0, from + 1).findLast(({ mine }) => !mine)?.position
}
