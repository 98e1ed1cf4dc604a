import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { everybody } from '../model/mentions.ts'
import type { People } from '../model/people.ts'

/** A name that is being written, from its `@` on. */
export interface Begun {
  readonly start: number
  readonly sought: string
}

/** Somebody who may be meant. */
export interface Offered {
  /** What is written. */
  readonly name: string
  readonly words: string
}

/** The name at the cursor; `undefined`: none is being written. */
export function mentionAt(text: string, cursor: number): Begun | undefined {
  const before = text.slice(Math.max(0, cursor - reach), cursor)
  const sought = /(?:^|[\s([{"'])@([\p{L}\p{N}._-]*)$/u.exec(before)?.[1]
  return sought === undefined ? undefined : { start: cursor - sought.length - 1, sought }
}

/** Those whose user name or a word of whose name begins so. */
export function offeredFor(sought: string, { others, isRoom }: Pick<People, 'others' | 'isRoom'>): readonly Offered[] {
  const wanted = sought.toLowerCase()
  const people = others
    .filter(({ name, displayName }) =>
      [name, ...displayName.split(/\s+/)].some(word => word.toLowerCase().startsWith(wanted)),
    )
    .map(({ name, displayName }) => ({ name, words: displayName }))
  const all =
    isRoom && everybody.startsWith(wanted) ? [{ name: everybody, words: l10n.t('everybody in the room') }] : []
  return [...people, ...all].slice(0, limits.mentioned)
}

/** Characters that are looked at: a user name has 32. */
const reach = 64
