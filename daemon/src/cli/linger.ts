import { limits } from '../limits.ts'

/**
 * How long a hub that a front end started stays after the last one, in ms; `undefined`: for ever. What the configuration
 * says holds. Without it a hub on an editor's own runtime (Electron) leaves soon: its process blocks the editor's updates.
 */
export function lingerOf(asked: number | 'always' | undefined, isElectron: boolean): number | undefined {
  if (asked === 'always') return undefined
  return asked ?? (isElectron ? limits.lingerOnEditor : limits.linger)
}
