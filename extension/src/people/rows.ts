import type { ConversationInfo, PersonInfo, Status } from '@parley/daemon/protocol/control'
import { personOf } from '@parley/daemon/protocol/conversation-infos'
import { limits } from '../limits.ts'
import { isolated, oneLine } from '../shared/harmless.ts'
import { flagsOf, listedName, markLines, marksOf } from '../shared/marks.ts'
import { presenceWord, standingWords, type When } from '../shared/seen.ts'
import { unreadWords } from '../shared/unread.ts'

/** A person as the list shows them; every text is one harmless line. */
export interface PersonRow {
  readonly user: string
  readonly name: string
  readonly userName: string
  readonly status: Status
  /** How they stand, in words. */
  readonly standing: string
  /** Since when they stand so, in ms since 1970; 0: not known. */
  readonly since: number
  readonly unread: Unread
  /** What is to be known of them at a glance, and on hovering; nothing of most. */
  readonly marks: readonly string[]
  readonly lines: readonly string[]
  /** What menus ask of the row. */
  readonly flags: readonly string[]
}

/** What was not read of somebody's messages. */
export interface Unread {
  readonly count: number
  readonly isMuted: boolean
}

export function rowOf(person: PersonInfo, unread: Unread | undefined, when: When): PersonRow {
  const { user, name, status, since } = person
  return {
    user,
    name: listedName(person),
    userName: oneLine(name, limits.name),
    status,
    standing: standingWords(person, when),
    since,
    unread: unread ?? none,
    marks: marksOf(person),
    lines: markLines(person),
    flags: flagsOf(person),
  }
}

/** By user: what was not read, where there is something. */
export function unreadByUser(conversations: Iterable<ConversationInfo>): ReadonlyMap<string, Unread> {
  const all = new Map<string, Unread>()
  for (const info of conversations) {
    const { unread, muted } = info
    const user = personOf(info)?.user
    if (user !== undefined && unread > 0) all.set(user, { count: unread, isMuted: muted })
  }
  return all
}

/** Those who are there first; those who are not by when they were here last; of the others each group by name. */
export function byPresence(people: Iterable<PersonInfo>, locale: string): PersonInfo[] {
  const names = collatorOf(locale)
  return [...people].sort(
    (a, b) =>
      rank[a.status] - rank[b.status] ||
      (a.status === 'offline' ? b.since - a.since : 0) ||
      names.compare(a.displayName, b.displayName) ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  )
}

/** What a row says when one hovers over it: what does not fit into the line. */
export function tooltipOf(row: PersonRow, { locale }: When): string {
  const { name, userName, status, standing, since, unread, lines } = row
  const whole = () => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }).format(since)
  return [
    `${isolated(name)} (@${userName})`,
    since > 0 ? `${status === 'offline' ? standing : presenceWord(status)} · ${whole()}` : standing,
    ...lines,
    ...(unread.count > 0 ? [unreadWords(unread.count)] : []),
  ].join('\n')
}

/** The row as a screen reader says it. */
export function spoken({ name, standing, marks, unread }: PersonRow): string {
  return [name, standing, ...marks, ...(unread.count > 0 ? [unreadWords(unread.count)] : [])].join(', ')
}

/** The users whose rows are different, of two lists in the order that is shown; `order`: others, or in another order. */
export function changedRows(
  before: ReadonlyMap<string, PersonRow>,
  after: ReadonlyMap<string, PersonRow>,
): readonly string[] | 'order' {
  if (before.size !== after.size) return 'order'
  const changed: string[] = []
  const old = before.values()
  for (const row of after.values()) {
    const { value } = old.next()
    if (value?.user !== row.user) return 'order'
    if (!isSameRow(value, row)) changed.push(row.user)
  }
  return changed
}

function isSameRow(a: PersonRow, b: PersonRow): boolean {
  return (
    a.name === b.name &&
    a.userName === b.userName &&
    a.status === b.status &&
    a.standing === b.standing &&
    a.since === b.since &&
    a.lines.join() === b.lines.join() &&
    a.unread.count === b.unread.count &&
    a.unread.isMuted === b.unread.isMuted
  )
}

const none: Unread = { count: 0, isMuted: false }
const rank: Readonly<Record<Status, number>> = { online: 0, busy: 1, away: 2, offline: 3 }

function collatorOf(locale: string): Intl.Collator {
  try {
    return new Intl.Collator(locale, { numeric: true })
  } catch {
    return new Intl.Collator(undefined, { numeric: true })
  }
}
