import { useLayoutEffect, useReducer, useRef } from 'preact/hooks'
import { nextStep, type Step } from '../model/steps.ts'

/**
 * Brings the list from what it shows to `wanted` in steps that move nothing at the anchor; all of them before anything
 * is painted.
 */
export function useSteps<Item extends { readonly key: string }>(
  wanted: readonly Item[],
  anchor: () => string | undefined,
): Step<Item> {
  const [, again] = useReducer((count: number) => count + 1, 0)
  const step = useRef<Step<Item>>({ items: wanted, shift: false, isLast: true })
  const told = useRef(wanted)
  if (told.current !== wanted || !step.current.isLast) {
    told.current = wanted
    step.current = nextStep(step.current.items, wanted, anchor())
  }
  const { isLast, items } = step.current
  useLayoutEffect(() => {
    if (!isLast) again(undefined)
  }, [items])
  return step.current
}
