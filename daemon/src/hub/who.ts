import { asParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { ControlRequests, PersonInfo } from '../protocol/control.ts'
import type { RegistryClient } from './registry/client.ts'
import { readLimit } from './wishes.ts'

type Found = ControlRequests['who'][1]

/**
 * Who is online, or whose name has the query in it: those of the team as the registry knows them, then people of no team.
 * @throws ParleyError `unknown-account`, `unreachable` and others where the team cannot be asked and there is nobody else
 */
export async function who(
  params: ControlRequests['who'][0],
  from: {
    readonly client: Pick<RegistryClient, 'ensure' | 'twin'>
    readonly hasAccount: boolean
    readonly strangers: readonly PersonInfo[]
  },
): Promise<Found> {
  const limit = readLimit(params.limit, limits.whoUsual)
  const query = (params.query?.trim() ?? '').slice(0, limits.searchQuery)
  const strangers = from.strangers.filter(person =>
    query === '' ? person.status !== 'offline' : matches(person, query),
  )
  const none: Found = { people: [], more: false }
  const team = from.hasAccount || from.strangers.length === 0 ? await ofTeam(from.client, query, limit) : none
  const people = [...team.people, ...strangers.sort(byName)]
  return { people: people.slice(0, limit), more: team.more || people.length > limit }
}

async function ofTeam(client: Pick<RegistryClient, 'ensure' | 'twin'>, query: string, limit: number): Promise<Found> {
  const session = await client.ensure()
  if (query !== '') {
    return session.search(query, limit).catch(error => {
      throw client.twin.explain(session.ended ?? asParleyError(error))
    })
  }
  const people = session.online.all.sort(byName)
  return { people: people.slice(0, limit), more: people.length > limit }
}

function matches({ name, displayName }: PersonInfo, query: string): boolean {
  const sought = query.toLowerCase()
  return name.includes(sought) || displayName.toLowerCase().includes(sought)
}

function byName(a: PersonInfo, b: PersonInfo): number {
  return a.name < b.name ? -1 : 1
}
