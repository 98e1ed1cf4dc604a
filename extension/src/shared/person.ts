import type { PersonInfo } from '@parley/daemon/protocol/control'
import { limits } from '../limits.ts'
import { oneLine } from './harmless.ts'

/** A person's name as lists, titles and notifications show it. */
export function shownName({ displayName, name }: Pick<PersonInfo, 'displayName' | 'name'>): string {
  return oneLine(displayName, limits.name) || oneLine(name, limits.name)
}
