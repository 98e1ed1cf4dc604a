import type { StoredMessage } from '../../daemon/src/hub/conversations/types.ts'
import { type ConversationId, toText, type UserId } from '../../daemon/src/protocol/ids.ts'
import type { ReadMap } from '../../daemon/src/protocol/marks.ts'
import { foldMembership } from '../../daemon/src/protocol/membership.ts'
import { type HeldAct, type HeldEntry, type Holding, holdingOf } from './holdings.ts'
import { pageForward, pageOf, shownIn } from './page.ts'
import { judgePromises } from './promises.ts'
import type { Record } from './record.ts'
import { type Reference, referenceOf } from './reference.ts'
import type { Station } from './station.ts'

/** A conversation that is to be looked at. */
export interface Case {
  readonly conversation: ConversationId
  readonly name: string
  /** Who takes part; of a room, whoever its entries say. */
  readonly users?: readonly UserId[]
}

/** What is not as it must be once all is mended and the wire is silent, each in a sentence. */
export async function judge(stations: readonly Station[], cases: readonly Case[], record: Record): Promise<string[]> {
  const faults: string[] = []
  for (const each of cases) faults.push(...(await new Trial(each, stations, record).run()))
  return faults
}

/** One conversation at all stations. */
class Trial {
  readonly #case: Case
  readonly #stations: readonly Station[]
  readonly #record: Record
  readonly #faults: string[] = []
  readonly #holdings = new Map<Station, Holding>()

  constructor(what: Case, stations: readonly Station[], record: Record) {
    this.#case = what
    this.#stations = stations
    this.#record = record
  }

  async run(): Promise<string[]> {
    const { conversation } = this.#case
    for (const station of this.#stations) this.#holdings.set(station, await holdingOf(station.disk, conversation))
    const { members, invited } = this.#takingPart()
    const whole = unionOf(members.map(station => this.#of(station)))
    for (const station of invited) this.#compareActs(station, whole)
    for (const station of members) await this.#judgeAt(station, members, whole)
    const users = new Set(members.map(({ person: { user } }) => user))
    const reference = referenceOf(conversation, whole, this.#isRoom)
    const said = this.#record.said.filter(each => each.conversation === conversation && users.has(each.by.person.user))
    this.#faults.push(...judgePromises(said, reference, whole, this.#elsewhere(members)))
    return this.#faults.map(fault => `${this.#case.name}: ${fault}`)
  }

  get #isRoom(): boolean {
    return this.#case.users === undefined
  }

  #of(station: Station): Holding {
    const holding = this.#holdings.get(station)
    if (holding === undefined) throw new Error('a station that was not looked at')
    return holding
  }

  /** Whose devices have to have everything, and whose merely the membership entries, by what the members' devices hold. */
  #takingPart(): { members: readonly Station[]; invited: readonly Station[] } {
    const { users, conversation } = this.#case
    const of = (some: Iterable<UserId>) => {
      const wanted = new Set(some)
      return this.#stations.filter(({ person }) => wanted.has(person.user))
    }
    if (users) return { members: of(users), invited: [] }
    let members = this.#stations
    for (let round = 0; ; round++) {
      const acts = unionOf(members.map(station => this.#of(station))).acts
      const membership = foldMembership(conversation, acts.values())
      const next = of(membership.members.map(({ user }) => user))
      if (round > 4 || next.length === members.length) return { members: next, invited: of(membership.invited.keys()) }
      members = next
    }
  }

  /** What is kept where nobody gets it: by somebody who is out, or by one who has nobody to tell it. */
  #elsewhere(members: readonly Station[]): Set<string> {
    const ids = new Set<string>()
    for (const [station, { entries, queued }] of this.#holdings) {
      if (members.length < 2) for (const { message } of queued) ids.add(message)
      if (members.includes(station)) continue
      for (const { said } of entries.values()) if (said) ids.add(said.message)
    }
    return ids
  }

  async #judgeAt(station: Station, members: readonly Station[], whole: Holding): Promise<void> {
    const { conversation } = this.#case
    const holding = this.#of(station)
    const isAlone = members.length < 2
    this.#compareActs(station, whole)
    this.#compareEntries(station, whole)
    if (holding.entries.size + holding.queued.length + holding.acts.size === 0) return
    const page = await pageOf(station, conversation)
    this.#judgeReading(station, page, await pageForward(station, conversation))
    if (isAlone && holding.queued.length > 0) return
    const reference = referenceOf(conversation, holding, this.#isRoom, station.person.user)
    this.#compareLines(station, page, reference)
    this.#judgeCounts(station, page, reference)
    this.#judgeMarks(station, members)
    const others = members.filter(({ person: { user } }) => user !== station.person.user)
    if (!isAlone && holding.queued.length > 0)
      this.#fault(`${station.name} still keeps ${holding.queued.length} things`)
    if (others.length > 0) this.#judgeStates(station, page, others)
  }

  #compareActs(station: Station, whole: Holding): void {
    const lacking = [...whole.acts.keys()].filter(hash => !this.#of(station).acts.has(hash))
    if (lacking.length > 0)
      this.#fault(`${station.name} lacks ${lacking.length} of ${whole.acts.size} membership entries`)
  }

  #compareEntries(station: Station, whole: Holding): void {
    const holding = this.#of(station)
    const before = beforeFloors(holding, whole)
    const lacking = [...whole.entries.values()].filter(({ hash }) => !holding.entries.has(hash) && !before.has(hash))
    if (lacking.length === 0) return
    const logs = new Map<string, number[]>()
    for (const { header } of lacking) {
      const author = this.#stations.find(({ person }) => person.account.device === header.device)?.name ?? header.device
      logs.set(author, [...(logs.get(author) ?? []), header.seq])
    }
    const words = [...logs].map(([author, seqs]) => `${author}: ${seqs.sort((a, b) => a - b).join(', ')}`).join('; ')
    this.#fault(`${station.name} lacks ${lacking.length} of ${whole.entries.size} entries (${words})`)
  }

  #judgeReading(station: Station, page: readonly StoredMessage[], forward: readonly StoredMessage[]): void {
    const seen = new Set<string>()
    for (const { user, message, text } of page) {
      if (seen.has(`${user} ${message}`)) this.#fault(`${station.name} shows "${text}" twice`)
      seen.add(`${user} ${message}`)
    }
    const [back, on] = [page, forward].map(some => some.map(({ position }) => position).join())
    if (back !== on) this.#fault(`${station.name} shows another page when it is read from its start`)
  }

  #compareLines(station: Station, page: readonly StoredMessage[], { lines, unsettled }: Reference): void {
    const isSettled = ({ user, message }: { user: UserId; message: string }) => !unsettled.has(`${user} ${message}`)
    const expected = lines.filter(isSettled).map(({ position, user, kind, message, shows }) => {
      return `${position} ${user} ${kind === 'event' ? '' : message} ${shows}`
    })
    const shown = page.filter(isSettled).map(each => {
      return `${each.position} ${each.user} ${each.event ? '' : each.message} ${shownIn(each)}`
    })
    if (expected.join('\n') === shown.join('\n')) return
    const [has, wants] = [new Set(shown), new Set(expected)]
    const extra = shown.filter(line => !wants.has(line)).slice(0, 3)
    const lacking = expected.filter(line => !has.has(line)).slice(0, 3)
    const counts = `${station.name} shows ${shown.length} lines in place of ${expected.length}`
    this.#fault(`${counts}; too many: ${extra.join(' | ') || 'none'}; missing: ${lacking.join(' | ') || 'none'}`)
  }

  #judgeCounts(station: Station, page: readonly StoredMessage[], { lines, unsettled }: Reference): void {
    const { user } = station.person
    const { conversations } = station.home ?? {}
    const summary = conversations?.get(this.#case.conversation) ?? conversations?.room(this.#case.conversation)
    if (summary === undefined) {
      this.#fault(`${station.name} does not list it`)
      return
    }
    if (summary.count !== page.length)
      this.#fault(`${station.name} counts ${summary.count} lines, and shows ${page.length}`)
    if (unsettled.size > 0) return
    const read = this.#of(station).marks.get(user) ?? new Map()
    const unread = lines.filter(line => line.kind === 'message' && line.user !== user && !isRead(line.position, read))
    const mentions = unread.filter(line => line.mentions.includes(user)).length
    if (summary.unread !== unread.length)
      this.#fault(`${station.name} counts ${summary.unread} unread messages in place of ${unread.length}`)
    if (summary.mentions !== mentions)
      this.#fault(`${station.name} counts ${summary.mentions} mentions in place of ${mentions}`)
    if ((summary.firstUnread ?? '') !== (unread[0]?.position ?? ''))
      this.#fault(
        `${station.name} says that ${summary.firstUnread} is the first unread one, not ${unread[0]?.position}`,
      )
  }

  /** What was read stays so, and everybody's devices know how far everybody has read. */
  #judgeMarks(station: Station, members: readonly Station[]): void {
    const own = this.#of(station).marks
    const read = own.get(station.person.user)
    for (const { station: by, life, conversation, found } of this.#record.reads) {
      if (by !== station || life !== station.life || conversation !== this.#case.conversation) continue
      if (!isRead(found.position, read))
        this.#fault(`${station.name} has read "${found.text}", and knows no more of it`)
    }
    for (const other of members) {
      const { user } = other.person
      const told = marksText(own.get(user))
      const wanted = marksText(this.#of(other).marks.get(user))
      if (told !== wanted)
        this.#fault(
          `${station.name} has it that ${other.name} has read ${told || 'nothing'}, which is ${wanted || 'nothing'}`,
        )
    }
  }

  #judgeStates(station: Station, page: readonly StoredMessage[], others: readonly Station[]): void {
    for (const { mine, state, text, deleted, event, position } of page) {
      if (!mine || event || deleted) continue
      if (state !== 'delivered' && state !== 'read')
        this.#fault(`${station.name} says of "${text}" that it is ${state}`)
      const isReadByAll = others.every(({ person: { user } }) => isRead(position, this.#of(station).marks.get(user)))
      if (state === 'delivered' && isReadByAll)
        this.#fault(`${station.name} does not say that "${text}" was read by all`)
    }
  }

  #fault(words: string): void {
    this.#faults.push(words)
  }
}

function unionOf(holdings: readonly Holding[]): Holding {
  const entries = new Map<string, HeldEntry>()
  const acts = new Map<string, HeldAct>()
  for (const holding of holdings) {
    for (const [hash, entry] of holding.entries) if (entries.get(hash)?.isStripped !== false) entries.set(hash, entry)
    for (const [hash, act] of holding.acts) acts.set(hash, act)
  }
  return { entries, acts, floors: new Map(), marks: new Map(), queued: [] }
}

/** What comes before the places where the logs of a home begin; where nobody has such a place, what has no higher number. */
function beforeFloors({ floors }: Holding, { entries }: Holding): Set<string> {
  const found = new Set<string>()
  const open: string[] = []
  for (const [device, places] of floors) {
    for (const { hash, seq } of places) {
      open.push(hash)
      if (entries.has(hash)) continue
      for (const { header, hash: own } of entries.values())
        if (header.device === device && header.seq <= seq) found.add(own)
    }
  }
  const walked = new Set<string>()
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    if (walked.has(hash)) continue
    walked.add(hash)
    found.add(hash)
    open.push(...(entries.get(hash)?.header.prev.map(toText) ?? []))
  }
  return found
}

function isRead(position: string, read: ReadMap | undefined): boolean {
  const [, device = '', seq = ''] = position.split('/')
  const up = [...(read ?? [])].find(([log]) => log === device)?.[1] ?? 0
  return Number.parseInt(seq, 16) <= up
}

function marksText(read: ReadMap | undefined): string {
  return [...(read ?? [])]
    .map(([device, seq]) => `${device} ${seq}`)
    .sort()
    .join()
}
