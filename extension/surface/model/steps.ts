/** A change of the list that moves nothing at its anchor: above it or below it, never both. */
export interface Step<Item> {
  readonly items: readonly Item[]
  /** Whether items came or went above the anchor, so that what is in sight keeps its distance from the end. */
  readonly shift: boolean
  /** Whether this is all of the change; else the next step follows before anything is painted. */
  readonly isLast: boolean
}

/**
 * The next step from what the list shows to what it should show. The virtual list knows items by their index alone, so
 * it must be told on which side of what is being read a change is: first all above the item `anchor`, then all below.
 */
export function nextStep<Item extends { readonly key: string }>(
  shown: readonly Item[],
  wanted: readonly Item[],
  anchor: string | undefined,
): Step<Item> {
  const before = indexOf(shown, anchor)
  const after = indexOf(wanted, anchor)
  if (before < 0 || after < 0 || before === after) return { items: wanted, shift: false, isLast: true }
  const items = [...wanted.slice(0, after), ...shown.slice(before)]
  const isLast = shown.length - before === wanted.length - after
  return { items: isLast ? wanted : items, shift: true, isLast }
}

function indexOf<Item extends { readonly key: string }>(items: readonly Item[], key: string | undefined): number {
  return key === undefined ? -1 : items.findIndex(item => item.key === key)
}
