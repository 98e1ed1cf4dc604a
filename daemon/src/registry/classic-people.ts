import { isIPv4 } from 'node:net'
import type { UserId } from '../protocol/ids.ts'
import type { ModernPeople, ModernPerson } from './classic/service.ts'
import type { Directory } from './directory.ts'
import type { Sessions } from './sessions.ts'

/** The signed-in people as the classic side sees them: a name and the IPv4 address of a link, where there is one. */
export function classicPeople(directory: Directory, sessions: Sessions): ModernPeople {
  const person = (name: string, user: UserId): ModernPerson | undefined => {
    for (const { link } of sessions.of(user)) if (isIPv4(link.remoteAddress)) return { name, ipv4: link.remoteAddress }
    return undefined
  }
  return {
    find(name) {
      const listed = directory.named(name)
      return listed && person(listed.name, listed.user)
    },
    online: () => [...sessions.accounts()].flatMap(({ name, user }) => person(name, user) ?? []),
  }
}
