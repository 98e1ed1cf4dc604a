import type { PeopleSnapshot, PersonInfo } from '@parley/daemon/protocol/control'

/** With whom somebody who has just come in talks first: who is online, and of these who came last; undefined: nobody is there. */
export function firstToTalkTo({ people }: PeopleSnapshot, self: string): PersonInfo | undefined {
  const others = people.filter(({ user }) => user !== self)
  const rank = ({ status }: PersonInfo) => ['online', 'busy', 'away', 'offline'].indexOf(status)
  return others.sort((a, b) => rank(a) - rank(b) || b.since - a.since || (a.name < b.name ? -1 : 1))[0]
}
