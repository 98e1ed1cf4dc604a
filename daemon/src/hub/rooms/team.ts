import type { UserId } from '../../protocol/ids.ts'
import type { OnlineList } from '../registry/online-list.ts'
import type { Team } from '../team.ts'
import type { RoomsTeam } from './circle.ts'

/** What the rooms of a team need of it. */
export function roomsTeam(team: Team, online: Pick<OnlineList, 'known'>): RoomsTeam {
  return {
    get refusal() {
      return team.refusal
    },
    get isBusy() {
      return team.isBusy
    },
    person: who => team.person(who),
    message: stored => team.message(stored),
    findPerson: name => team.find(name),
    nameOf: user => {
      if (user === team.account.user) return { name: team.ownName, displayName: team.ownDisplayName }
      return team.people.get(user) ?? online.known(user) ?? nobody
    },
    isBlocked: user => team.isBlocked(user),
    isLinked: user => team.peers.isLinked(user),
    isRelayed: user => team.peers.isRelayed(user),
    get linkCount() {
      return team.peers.count
    },
    typingIn: conversation => team.typingIn(conversation),
    reached: (conversation, message) => team.reached(conversation, message),
    typing: (conversation, stopped) => team.typing(conversation, stopped),
    takesPart: (conversation, user) => team.takesPart(conversation, user),
    reach: (users: Iterable<UserId>) => {
      for (const user of users) team.supervisor.reach(user)
    },
  }
}

/** Somebody whose statements have not come yet. */
const nobody = { name: '', displayName: '' }
