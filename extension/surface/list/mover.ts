import type { VirtualizerHandle } from 'virtua'
import type { Row } from '../model/rows.ts'

/** A message, and how it is to stand in sight. */
export interface Goal {
  readonly key: string
  /** `nearest`: where it stands, if that is in sight as a whole. */
  readonly align: 'start' | 'end' | 'nearest'
  /** Px further down. */
  readonly offset?: number
}

/**
 * Moves the list to a message, or keeps it at its end, or where somebody reads. Heights are only known once messages
 * are drawn, and change with the window; so the place that is wanted is set again whenever one has changed. A person
 * who scrolls wins.
 */
export class Mover {
  readonly #list: Current<VirtualizerHandle>
  readonly #scroller: Current<HTMLElement>
  #goal: Goal | undefined
  #hasArrived = false
  /** Whether a person has touched the list since it came to rest. */
  #isTouched = false
  #last: Measures = { top: 0, height: 0, seen: 0 }
  /** Whether the list stays at its end when it grows. */
  isFollowing = false

  constructor(list: Current<VirtualizerHandle>, scroller: Current<HTMLElement>) {
    this.#list = list
    this.#scroller = scroller
  }

  go(goal: Goal | 'end', rows: readonly Row[]): void {
    this.isFollowing = goal === 'end'
    this.#goal = goal === 'end' ? undefined : goal
    this.#hasArrived = false
    this.#isTouched = false
    this.settle(rows)
  }

  /** Sets the place again that is wanted, after something has changed its height. */
  settle(rows: readonly Row[]): void {
    const scroller = this.#scroller.current
    const target = this.#target(rows)
    if (scroller === null || target === undefined) return
    if (Math.abs(scroller.scrollTop - target) >= 1) scroller.scrollTop = target
  }

  /** Takes in where the list stands now. False while it is on its way to where it was to go. */
  look(rows: readonly Row[], isAtEnd: boolean): boolean {
    const now = measuresOf(this.#scroller.current)
    const isResized = now.height !== this.#last.height || now.seen !== this.#last.seen
    const target = this.#goal === undefined ? undefined : this.#target(rows)
    if (target === undefined || Math.abs(now.top - target) < 2) {
      this.#hasArrived = true
    } else if (this.#isTouched || (this.#hasArrived && !isResized)) {
      this.#goal = undefined
      this.#hasArrived = true
    }
    const up = this.#last.top - now.top
    if (isAtEnd) this.isFollowing = true
    // The virtual list goes some px up as it measures, and a resized window moves it too: that is nobody's wish.
    else if (up > 0 && (this.#isTouched || (!isResized && up > now.seen / 2))) this.isFollowing = false
    this.#last = now
    return this.#hasArrived
  }

  /** The list has come to rest; `reading` is what stays where it is from now on. */
  rest(isAtEnd: boolean, reading: Goal | undefined): void {
    if (!this.#hasArrived) return
    this.isFollowing = isAtEnd
    this.#goal = isAtEnd ? undefined : reading
    this.#isTouched = false
  }

  /** A person may scroll now. */
  touch(): void {
    this.#isTouched = true
  }

  /** A person scrolls by so many px. */
  turn(delta: number): void {
    this.#goal = undefined
    this.#hasArrived = true
    this.#isTouched = true
    if (delta < 0) this.isFollowing = false
  }

  #target(rows: readonly Row[]): number | undefined {
    const [list, scroller] = [this.#list.current, this.#scroller.current]
    if (list === null || scroller === null) return undefined
    const { top, height, seen } = measuresOf(scroller)
    const end = Math.max(0, height - seen)
    if (this.#goal === undefined) return this.isFollowing ? end : undefined
    const { key, align, offset = 0 } = this.#goal
    const index = rows.findIndex(row => row.key === key)
    if (index < 0) return undefined
    const start = list.getItemOffset(index) + offset
    const bottom = start + list.getItemSize(index) - seen
    const nearest = start < top ? start : bottom > top ? Math.min(start, bottom) : top
    return Math.min(Math.max({ start, end: bottom, nearest }[align], 0), end)
  }
}

/** Something of the page that is there while it is drawn. */
interface Current<Part> {
  readonly current: Part | null
}

interface Measures {
  readonly top: number
  readonly height: number
  readonly seen: number
}

function measuresOf(scroller: HTMLElement | null): Measures {
  return {
    top: scroller?.scrollTop ?? 0,
    height: scroller?.scrollHeight ?? 0,
    seen: scroller?.clientHeight ?? 0,
  }
}
