import type { ConversationInfo, PersonInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { oneLine } from './harmless.ts'
import { shownName } from './person.ts'
import { claimedName } from './seen.ts'

type Marked = Pick<PersonInfo, 'via' | 'address' | 'trust' | 'isBlocked'>

/** The name in lists, titles and notifications: of a classic client it is a claim, and says so. */
export function listedName(person: Pick<PersonInfo, 'name' | 'displayName' | 'via'>): string {
  return claimedName(shownName(person), person.via)
}

/** What a chat is called in lists, titles and notifications: like the other one, or as the room is named. */
export function listedChat(info: ConversationInfo): string {
  return info.kind === 'room' ? oneLine(info.room.name, limits.name) : listedName(info.person)
}

/** What is to be known of somebody at a glance, in a few words each; nothing of most people. */
export function marksOf({ via, address, trust, isBlocked }: Marked): readonly string[] {
  return [
    ...(isBlocked ? [l10n.t('blocked')] : []),
    ...(trust === 'changed' ? [l10n.t('key has changed')] : []),
    ...(via === 'classic' ? [l10n.t('not encrypted')] : []),
    ...(via === 'direct' && address !== undefined ? [oneLine(address, limits.name)] : []),
  ]
}

/** The same for hovering: with where somebody is, and whether they are verified. */
export function markLines({ via, address, trust, isBlocked }: Marked): readonly string[] {
  const at = oneLine(address ?? '', limits.name)
  return [
    ...(via === 'direct' ? [l10n.t('Of no team, reached at {0}', at)] : []),
    ...(via === 'classic'
      ? [l10n.t('Uses the original program at {0}: not encrypted, and the name is only claimed', at)]
      : []),
    ...(trust === 'verified' ? [l10n.t('Verified: you have compared safety numbers')] : []),
    ...(trust === 'changed' ? [l10n.t('The key has changed: nothing passes before you decide')] : []),
    ...(isBlocked ? [l10n.t('Blocked: nothing of theirs reaches you')] : []),
  ]
}

/** What menus ask of somebody's row, as words of its `contextValue`. */
export function flagsOf({ via, trust, isBlocked }: Marked): readonly string[] {
  return [via ?? 'team', ...(trust ? [trust] : []), ...(isBlocked ? ['blocked'] : [])]
}
