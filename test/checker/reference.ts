import { type Act, isAct, type Said } from '../../daemon/src/protocol/bodies.ts'
import { type ConversationId, type DeviceId, fromText, toText, type UserId } from '../../daemon/src/protocol/ids.ts'
import { foldMembership, type Membership } from '../../daemon/src/protocol/membership.ts'
import type { CutHead } from '../../daemon/src/protocol/membership-bodies.ts'
import type { HeldAct, HeldEntry, Holding } from './holdings.ts'

/** A line of a conversation as it has to be shown. */
export interface Line {
  readonly position: string
  readonly user: UserId
  /** What it says, with everything that was done with it, as one text that is the same only for the same. */
  readonly shows: string
  /** Who has to read it. */
  readonly kind: 'message' | 'deleted' | 'event'
  readonly mentions: readonly UserId[]
  /** How the one who wrote it names it. */
  readonly message: string
  /** What it says in words. */
  readonly text: string
}

/** What a conversation has to show, worked out from the set of its entries by the plainest means. */
export interface Reference {
  readonly lines: readonly Line[]
  /** Of a room. */
  readonly membership: Membership | undefined
  /** Messages that were deleted by what counts no more: their words may be gone for good where that counted. */
  readonly unsettled: ReadonlySet<string>
  /** What counts, by the id that its author gave it. */
  readonly counted: ReadonlyMap<string, Said>
}

/** `isRoom`: whether it has members that come and go. `reader`: whose page it is; absent: of somebody who sees all. */
export function referenceOf(
  conversation: ConversationId,
  holding: Holding,
  isRoom: boolean,
  reader?: UserId,
): Reference {
  const membership = isRoom ? foldMembership(conversation, holding.acts.values()) : undefined
  const judge = new Judge(conversation, holding, membership)
  const counted = [...holding.entries.values()].filter(entry => judge.counts(entry))
  const counting = new Set(counted)
  const others = [...holding.entries.values()].filter(entry => !counting.has(entry))
  const deletions = deletionsIn(counted)
  const voided = deletionsIn(others)
  const lines = [...messageLines(counted, deletions, voided), ...eventLines(holding.acts, membership, reader)]
  lines.sort((a, b) => (a.position < b.position ? -1 : 1))
  const unsettled = new Set([...voided.names].filter(name => !deletions.names.has(name)))
  const said = new Map(counted.flatMap(({ said: is }) => (is ? [[is.message, is]] : [])))
  return { lines, membership, unsettled, counted: said }
}

/** Which entries count, by walking all that each follows. */
class Judge {
  readonly #conversation: ConversationId
  readonly #holding: Holding
  readonly #membership: Membership | undefined
  readonly #rights = new Map<string, readonly string[]>()

  constructor(conversation: ConversationId, holding: Holding, membership: Membership | undefined) {
    this.#conversation = conversation
    this.#holding = holding
    this.#membership = membership
  }

  counts(entry: HeldEntry): boolean {
    if (this.#membership === undefined) return true
    const { user, header, said } = entry
    if (!this.#membership.hasJoined(user)) return false
    const rights = this.#rightsOf(entry)
    const { cuts = [] } = this.#membership.limitOf(user, header.device, rights) ?? {}
    const isWithin = cuts.every(cut => this.#isWithin(entry, cut))
    if (!isWithin || said === undefined || !isAct(said) || said.act.is !== 'deletion') return isWithin
    return said.act.target.user === user || this.#moderates(user, rights)
  }

  /** As long as something of what a cut covers is not here, what has a lower number may come before that. */
  #isWithin(entry: HeldEntry, cut: readonly CutHead[]): boolean {
    const { entries } = this.#holding
    const open = cut.filter(({ device }) => device === entry.header.device)
    const seen = new Set<string>()
    for (let head = open.pop(); head !== undefined; head = open.pop()) {
      const { device, seq } = head
      const hash = toText(head.hash)
      if (hash === entry.hash) return true
      if (seen.has(hash) || seq < entry.header.seq) continue
      seen.add(hash)
      const held = entries.get(hash)
      if (held === undefined && entry.header.seq < seq) return true
      open.push(...(held?.header.prev ?? []).map(before => this.#placeOf(device, before, seq)))
    }
    return false
  }

  /** Of what is not here the highest number that it may have. */
  #placeOf(device: DeviceId, hash: Uint8Array, next: number): CutHead {
    return { device, hash, seq: this.#holding.entries.get(toText(hash))?.header.seq ?? next - 1 }
  }

  #rightsOf({ hash, header }: HeldEntry): readonly string[] {
    const known = this.#rights.get(hash)
    if (known) return known
    const before = header.prev.flatMap(each => {
      const entry = this.#holding.entries.get(toText(each))
      return entry ? this.#rightsOf(entry) : []
    })
    const rights = header.rights.length > 0 ? header.rights.map(toText) : [...new Set(before)]
    this.#rights.set(hash, rights)
    return rights
  }

  #moderates(user: UserId, rights: readonly string[]): boolean {
    const known = new Map<string, HeldAct>()
    const open = [...rights]
    for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
      const act = this.#holding.acts.get(hash)
      if (act === undefined || known.has(hash)) continue
      known.set(hash, act)
      open.push(...act.rights)
    }
    const standing = foldMembership(this.#conversation, known.values()).standings.get(user)
    return standing === 'owner' || standing === 'admin'
  }
}

interface Deletions {
  /** `user message` */
  readonly names: ReadonlySet<string>
  /** By the place of an entry: the message that it said. */
  readonly places: ReadonlyMap<string, string>
}

function deletionsIn(entries: readonly HeldEntry[]): Deletions {
  const names = new Set<string>()
  const places = new Map<string, string>()
  for (const { said } of entries) {
    if (said === undefined || !isAct(said) || said.act.is !== 'deletion') continue
    const { user, message } = said.act.target
    names.add(`${user} ${message}`)
    for (const { device, seq, hash } of said.act.entries) places.set(`${device} ${seq} ${hash}`, `${user} ${message}`)
  }
  return { names, places }
}

/** Each message once, at its first place. */
function messageLines(counted: readonly HeldEntry[], deletions: Deletions, voided: Deletions): Line[] {
  const places = new Map<string, string>()
  const texts = new Map<string, { readonly said: Said; readonly position: string }>()
  const deeds: Deed[] = []
  for (const entry of counted) {
    const { said, user } = entry
    if (said && isAct(said)) deeds.push({ entry, said, key: stampOf(entry) })
    const name =
      said === undefined || isAct(said) ? nameOfStripped(entry, deletions, voided) : `${user} ${said.message}`
    if (name === undefined) continue
    const position = positionOf(entry)
    const before = places.get(name)
    const first = texts.get(name)?.position
    if (said && !isAct(said) && (first === undefined || position < first)) texts.set(name, { said, position })
    if (before === undefined || position < before) places.set(name, position)
  }
  deeds.sort((a, b) => (a.key < b.key ? -1 : 1))
  return [...places].map(([name, position]) => {
    const [user = '', message = ''] = name.split(' ')
    const said = texts.get(name)?.said
    const line = { position, user: user as UserId, message }
    const isDeleted = deletions.names.has(name) || said === undefined || isAct(said)
    if (isDeleted) return { ...line, kind: 'deleted', shows: 'deleted', mentions: [], text: '' }
    const own = deeds.filter(deed => nameOf(deed) === name)
    const edit = own.flatMap(({ said: { act, written } }) => (act.is === 'edit' ? [{ ...act, written }] : [])).at(-1)
    const { text, mentions = [] } = edit ?? said
    const edited = edit ? ` edited ${edit.written}` : ''
    const shows = `${text}${edited} [${mentions.join()}] ${reactionsIn(own).join()}`
    return { ...line, kind: 'message', shows, mentions, text }
  })
}

interface Deed {
  readonly entry: HeldEntry
  readonly said: Act
  readonly key: string
}

function nameOf({ entry, said: { act } }: Deed): string {
  return act.is === 'edit' ? `${entry.user} ${act.target}` : `${act.target.user} ${act.target.message}`
}

/** The reactions that are on, in the order in which they were last said. */
function reactionsIn(deeds: readonly Deed[]): string[] {
  const on = new Map<string, boolean>()
  for (const { entry, said } of deeds) {
    if (said.act.is !== 'reaction') continue
    const name = `${entry.user} ${said.act.emoji}`
    on.delete(name)
    on.set(name, !said.act.isOff)
  }
  return [...on].flatMap(([name, isOn]) => (isOn ? [name] : []))
}

/** The message whose words an entry had, if a deletion says so. */
function nameOfStripped(entry: HeldEntry, deletions: Deletions, voided: Deletions): string | undefined {
  if (!entry.isStripped) return undefined
  const { device, seq } = entry.header
  const place = `${device} ${seq} ${hash8(entry)}`
  const name = deletions.places.get(place) ?? voided.places.get(place)
  return name?.startsWith(`${entry.user} `) ? name : undefined
}

function eventLines(
  acts: ReadonlyMap<string, HeldAct>,
  membership: Membership | undefined,
  reader: UserId | undefined,
): Line[] {
  const untold = (reader && membership?.untoldTo(reader)) ?? new Set()
  return [...acts.values()].flatMap(act => {
    const verdict = membership?.verdict(act.hash)
    if (!verdict?.counts || !verdict.event || untold.has(act.hash)) return []
    const { event } = verdict
    const about = 'user' in event ? event.user : ''
    const text = 'text' in event ? event.text : 'history' in event ? event.history : ''
    const shows = `[${event.is} ${about} ${text}]`
    const position = positionOf({ header: act.header, hash: act.hash })
    return [{ position, user: act.user, shows, kind: 'event' as const, mentions: [], message: act.hash, text: '' }]
  })
}

function positionOf(entry: Pick<HeldEntry, 'header' | 'hash'>): string {
  const { time, device, seq } = entry.header
  return `${hex(time, 16)}/${device}/${hex(seq, 11)}/${hash8(entry)}`
}

function stampOf({ header, hash }: HeldEntry): string {
  return `${hex(header.time, 16)} ${hexOf(hash)}`
}

function hash8({ hash }: Pick<HeldEntry, 'hash'>): string {
  return hexOf(hash).slice(0, 16)
}

function hexOf(hash: string): string {
  return Buffer.from(fromText(hash)).toString('hex')
}

function hex(value: bigint | number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
