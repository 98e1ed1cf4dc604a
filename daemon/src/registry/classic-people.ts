import { isIPv4 } from 'node:net'
import type { UserId } from '../protocol/ids.ts'
import type { ClassicAliases } from './classic/aliases.ts'
import type { ModernPeople, ModernPerson } from './classic/service.ts'
import type { Directory } from './directory.ts'
import type { Presence } from './presence.ts'
import type { Sessions } from './sessions.ts'

/**
 * The signed-in people as the classic side sees them: their alias, else their name, and the IPv4 address of a link, where
 * there is one. Nobody whom the team does not see is there.
 */
export function classicPeople(
  { directory, sessions, presence }: { directory: Directory; sessions: Sessions; presence: Presence },
  aliases: ClassicAliases,
): ModernPeople {
  const person = (user: UserId, name: string): ModernPerson | undefined => {
    if (presence.of(user).status === 'offline') return undefined
    for (const { link } of sessions.of(user)) {
      if (isIPv4(link.remoteAddress)) return { name: aliases.of(user) ?? name, ipv4: link.remoteAddress }
    }
    return undefined
  }
  return {
    find(name) {
      const owner = aliases.owner(name)
      const listed = owner ? directory.get(owner) : directory.named(name)
      return listed && person(listed.user, listed.name)
    },
    online: () => [...sessions.accounts()].flatMap(({ name, user }) => person(user, name) ?? []),
  }
}
