import type { VirtualizerHandle } from 'virtua'
import { limits } from '../limits.ts'
import type { Row } from '../model/rows.ts'
import { rowId } from './message-row.tsx'

/** Where a key moves to among the messages, as an index; undefined: it is no key that moves. */
export function moved(key: string, index: number, rows: readonly Row[], list: VirtualizerHandle): number | undefined {
  const last = rows.length - 1
  const screen = list.viewportSize * 0.9
  const within = (target: number) => Math.min(Math.max(target, 0), last)
  switch (key) {
    case 'ArrowUp':
      return within(index - 1)
    case 'ArrowDown':
      return within(index + 1)
    case 'Home':
      return within(0)
    case 'End':
      return last
    case 'PageUp':
      return within(Math.min(index - 1, list.findItemIndex(list.getItemOffset(index) - screen)))
    case 'PageDown':
      return within(Math.max(index + 1, list.findItemIndex(list.getItemOffset(index) + screen)))
    default:
      return undefined
  }
}

/** Focuses a row's element once it is drawn and measured, which takes some frames when it was out of sight. */
export function focusRow(key: string, isWanted: () => boolean, frames: number = limits.focusFrames): void {
  const element = document.getElementById(rowId(key))
  // The virtual list hides what it has not measured, and what is hidden takes no focus.
  element?.focus({ preventScroll: true })
  if (document.activeElement === element && element !== null) return
  if (frames > 0) requestAnimationFrame(() => isWanted() && focusRow(key, isWanted, frames - 1))
}

/** The first thing that can be done with the message whose element this is. */
export function firstAction(message: Element): HTMLElement | null {
  return message.querySelector<HTMLElement>('.message-failed button, .message-actions button')
}

/** The control beside the one that has the focus, among those that belong together; undefined at the end. */
export function besides(control: HTMLElement, key: string): HTMLElement | undefined {
  const group = control.closest('.message-failed, .message-actions, .reactions, .files')
  const all = [...(group?.querySelectorAll<HTMLElement>('button') ?? [])]
  const isForward = (key === 'ArrowRight') === (getComputedStyle(control).direction === 'ltr')
  return all[all.indexOf(control) + (isForward ? 1 : -1)]
}
