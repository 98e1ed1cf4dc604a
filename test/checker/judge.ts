import type { StoredMessage } from '../../daemon/src/hub/conversations/types.ts'
import { conversationOf } from '../support/conversations.ts'
import type { Said } from './record.ts'
import type { Station } from './station.ts'

/** What is not as it must be once all is mended and the wire is silent, each in a sentence. */
export async function judge(stations: readonly Station[], said: readonly Said[]): Promise<string[]> {
  const faults: string[] = []
  for (const [n, a] of stations.entries()) {
    for (const b of stations.slice(n + 1)) faults.push(...(await judgePair(a, b, said)))
  }
  return faults
}

async function judgePair(a: Station, b: Station, said: readonly Said[]): Promise<string[]> {
  const [atA, atB] = [await pageOf(a, b), await pageOf(b, a)]
  const faults: string[] = []
  const where = `between ${a.name} and ${b.name}`
  const [linesA, linesB] = [atA.map(lineOf), atB.map(lineOf)]
  const at = linesA.findIndex((line, index) => line !== linesB[index])
  if (linesA.length !== linesB.length || at >= 0) {
    const place = at < 0 ? Math.min(linesA.length, linesB.length) : at
    faults.push(
      `${where}, ${a.name} shows ${linesA.length} messages and ${b.name} ${linesB.length}; the first that differs: ${linesA[place]} and ${linesB[place]}`,
    )
  }
  faults.push(...twice(atA, where), ...missing(atA, said, [a, b], where), ...disordered(atA, said, where))
  for (const [station, page] of [[a, atA] as const, [b, atB] as const]) {
    for (const { mine, state, text } of page) {
      if (mine && state !== 'delivered' && state !== 'read')
        faults.push(`${station.name} says of "${text}" that it is ${state}`)
    }
    faults.push(...miscounted(station, station === a ? b : a, page))
  }
  return faults
}

async function pageOf(station: Station, other: Station): Promise<StoredMessage[]> {
  if (station.home === undefined) throw new Error(`${station.name} does not run`)
  return station.home.messages(other.person)
}

function lineOf({ user, message, text, position }: StoredMessage): string {
  return `${position} ${user} ${message} ${text}`
}

function twice(page: readonly StoredMessage[], where: string): string[] {
  const seen = new Set<string>()
  const faults: string[] = []
  for (const { user, message, text } of page) {
    const name = `${user} ${message}`
    if (seen.has(name)) faults.push(`${where}, "${text}" is shown twice`)
    seen.add(name)
  }
  return faults
}

function missing(
  page: readonly StoredMessage[],
  said: readonly Said[],
  pair: readonly [Station, Station],
  where: string,
): string[] {
  const shown = new Map(page.map(({ user, message, text }) => [`${user} ${message}`, text]))
  const users = pair.map(({ person }) => person.user)
  const faults: string[] = []
  for (const { by, to, message, text, acknowledged, mayBeLost } of said) {
    if (!users.includes(by.person.user) || !users.includes(to.user)) continue
    const found = shown.get(`${by.person.user} ${message}`)
    if (found === undefined && acknowledged !== undefined && !mayBeLost)
      faults.push(`${where}, "${text}" was acknowledged and is lost`)
    if (found !== undefined && found !== text) faults.push(`${where}, "${text}" has become "${found}"`)
  }
  return faults
}

/** What one station sent one after the other stands in that order. */
function disordered(page: readonly StoredMessage[], said: readonly Said[], where: string): string[] {
  const places = new Map(page.map(({ user, message }, index) => [`${user} ${message}`, index]))
  const last = new Map<Station, { place: number; text: string; acknowledged: number }>()
  const faults: string[] = []
  for (const { by, message, text, acknowledged } of said) {
    const place = places.get(`${by.person.user} ${message}`)
    if (place === undefined || acknowledged === undefined) continue
    const before = last.get(by)
    // Only what was acknowledged before this one was sent has to stand before it.
    if (before !== undefined && before.acknowledged < acknowledged && before.place > place)
      faults.push(`${where}, "${text}" stands before "${before.text}", which was sent earlier`)
    last.set(by, { place, text, acknowledged })
  }
  return faults
}

function miscounted(station: Station, other: Station, page: readonly StoredMessage[]): string[] {
  const summary = station.home?.conversations.get(conversationOf(station.person, other.person))
  const theirs = page.filter(({ mine }) => !mine).length
  if (summary === undefined) return page.length === 0 ? [] : [`${station.name} lists no chat with ${other.name}`]
  const faults: string[] = []
  if (summary.queued > 0) faults.push(`${station.name} counts ${summary.queued} queued messages to ${other.name}`)
  if (summary.unread !== theirs)
    faults.push(`${station.name} counts ${summary.unread} unread messages of ${other.name} in place of ${theirs}`)
  return faults
}
