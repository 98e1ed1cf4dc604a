import type { UserId } from '../../protocol/ids.ts'
import type { Account } from '../accounts.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Team } from '../team.ts'
import type { RoomsTeam } from './circle.ts'
import { Statements, type StatementsOptions } from './statements.ts'

/** What the rooms of a team need of it. */
export function roomsTeam(team: Team, client: Pick<RegistryClient, 'online' | 'session'>): RoomsTeam {
  const { online } = client
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
    // Without the registry nobody says who is there.
    isThere: user => !client.session || team.peers.isLinked(user) || online.known(user)?.status !== 'offline',
    typingIn: conversation => team.typingIn(conversation),
    reached: (conversation, message) => team.reached(conversation, message),
    typing: (conversation, stopped) => team.typing(conversation, stopped),
    takesPart: (conversation, user) => team.takesPart(conversation, user),
    reach: (users: Iterable<UserId>) => {
      for (const user of users) team.supervisor.reach(user)
    },
  }
}

/** The statements of people in the rooms of a team. */
export function teamStatements(
  { people, peers, rooms, conversations }: Team,
  of: { readonly own: () => Account } & Pick<StatementsOptions, 'session' | 'log'>,
): Statements {
  return new Statements({
    ...{ people, session: of.session, log: of.log },
    links: () => [...peers.linked].flatMap(user => peers.devicesOf(user).map(({ link }) => link)),
    shareRoom: rooms.share,
    self: () => {
      const { user, attested } = of.own()
      return { user, generation: attested.generation, denied: attested.denied }
    },
    learnt: user => conversations.learnt(user),
  })
}

/** Somebody whose statements have not come yet. */
const nobody = { name: '', displayName: '' }
