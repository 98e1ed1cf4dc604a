import type { InSight } from '../chat/reader.ts'
import type { Start } from '../chat/state.ts'
import { isQueued } from '../model/held.ts'
import type { Row } from '../model/rows.ts'
import type { Goal } from './mover.ts'

/** Where the list stands, in px: what is above and below what is in sight, and where its messages are. */
export interface Measured {
  readonly top: number
  readonly seen: number
  readonly below: number
  indexAt(offset: number): number
  offsetOf(index: number): number
}

/** The place to begin at. */
export function startAt(at: Start['at'], rows: readonly Row[]): Goal | 'end' {
  if (at === 'latest') return 'end'
  const row =
    at === 'newLine'
      ? rows.find(({ isNew }) => isNew)
      : rows.find(({ position }) => position === undefined || position >= at.position)
  if (row === undefined) return 'end'
  // The message itself may be gone; then the next one stands at the upper edge.
  const offset = at !== 'newLine' && row.position === at.position ? at.offset : 0
  return { key: row.key, align: 'start', offset }
}

/** The first message in sight. The page rounds where it is scrolled to: less than a px of a message is nothing of it. */
export function topmost(list: Measured): number {
  return list.indexAt(list.top + 1)
}

/** What is in sight, as it is kept and marked read. */
export function inSight(rows: readonly Row[], list: Measured, isAtEnd: boolean): InSight {
  if (rows.length === 0) return { isAtEnd }
  const top = sealedAbove(rows, topmost(list))
  const lowest = othersAbove(rows, list.indexAt(list.top + list.seen - 1))
  return {
    isAtEnd,
    ...(top === undefined
      ? {}
      : { top: { position: top.position, offset: Math.round(list.top - list.offsetOf(top.index)) } }),
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
