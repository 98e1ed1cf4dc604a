import type { RefObject } from 'preact'
import { useState } from 'preact/hooks'
import type { People } from '../model/people.ts'
import { put } from './field.ts'
import { type Begun, mentionAt, type Offered, offeredFor } from './mention.ts'

export interface Mentions {
  readonly offered: readonly Offered[]
  readonly active: number
  /** What is written or where the cursor stands may be another. */
  readonly look: () => void
  readonly close: () => void
  readonly pick: (name: string) => void
  /** Whether the key was for the list. */
  readonly takes: (event: KeyboardEvent) => boolean
}

/** Completes names behind an `@`. */
export function useMentions(
  field: RefObject<HTMLTextAreaElement | null>,
  people: Pick<People, 'others' | 'isRoom'>,
): Mentions {
  const [begun, setBegun] = useState<Begun>()
  const [active, setActive] = useState(0)
  const offered = begun ? offeredFor(begun.sought, people) : []
  const close = () => setBegun(undefined)

  const look = () => {
    const element = field.current
    const isCursor = element !== null && element.selectionStart === element.selectionEnd
    const now = isCursor ? mentionAt(element.value, element.selectionStart) : undefined
    if (now?.start !== begun?.start || now?.sought !== begun?.sought) setActive(0)
    setBegun(now)
  }

  const pick = (name: string) => {
    const element = field.current
    if (!element || !begun) return
    const end = begun.start + begun.sought.length + 1
    const text = `@${name} `
    const cursor = begun.start + text.length
    put(element, { start: begun.start, end, text, select: [cursor, cursor] })
    close()
  }

  const takes = ({ key, isComposing, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean => {
    if (offered.length === 0 || isComposing || ctrlKey || metaKey || altKey || shiftKey) return false
    const acts: Readonly<Record<string, () => void>> = {
      ArrowDown: () => setActive((active + 1) % offered.length),
      ArrowUp: () => setActive((active + offered.length - 1) % offered.length),
      Enter: () => pick(offered[active]?.name ?? ''),
      Tab: () => pick(offered[active]?.name ?? ''),
      Escape: close,
    }
    const act = Object.hasOwn(acts, key) ? acts[key] : undefined
    act?.()
    return act !== undefined
  }

  return { offered, active, look, close, pick, takes }
}
