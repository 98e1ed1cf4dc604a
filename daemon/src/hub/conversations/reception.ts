import { limits } from '../../limits.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import { readHeader } from '../../protocol/entries.ts'
import { type ConversationId, type DeviceId, toText } from '../../protocol/ids.ts'
import type { Entry } from '../../protocol/parley_pb.ts'
import type { Inbox } from './inbox.ts'
import { checkEntries, type Ground, type Intake } from './intake.ts'
import type { Logs } from './logs.ts'
import type { Members } from './members.ts'
import type { BlockedSince } from './shared.ts'

/** Who brings entries. */
export interface Source {
  /** The device that it is; it holds what it brings. */
  readonly device: DeviceId
  /** The link over which it brings them; none: by mail. */
  readonly link?: object
  /** A frame's entries of these logs are committed; none: they were given up. */
  committed(devices: ReadonlySet<DeviceId>): void
  /** What was given up may be brought again. */
  missing(devices: ReadonlySet<DeviceId>): void
}

interface ReceptionGround {
  readonly conversation: ConversationId
  readonly members: Members
  readonly logs: Logs
  readonly inbox: Inbox
  readonly clock: HybridClock
  guard: NonNullable<Ground['guard']>
  /** From whom nothing is taken here, and since when by the hybrid clock; undefined: it is from everybody. */
  blocked(): BlockedSince | undefined
  /** There is something to write. */
  wake(): void
}

/** Where entries of a conversation come in: checked one frame after the other, and put where they wait to be written. */
export class Reception {
  readonly #ground: ReceptionGround
  #checking: Promise<unknown> = Promise.resolve()
  /** Rises whenever what was checked but not committed is dropped. */
  #generation = 0
  /** Whose entries were given up, while storage fails. */
  readonly #dropped = new Map<Source, ReadonlySet<DeviceId>>()
  /** By the device that brought it: whose entries were left out as they are blocked. */
  readonly #held = new Map<DeviceId, { readonly source: Source; readonly logs: Set<DeviceId> }>()
  /** Which link was asked for a log, and until when others wait for it. */
  readonly #claims = new Map<DeviceId, { readonly by: object; readonly until: number }>()

  constructor(ground: ReceptionGround) {
    this.#ground = ground
  }

  /** Checks a frame of entries; frames of all links are checked one after the other, each against what came before. */
  check(entries: readonly Entry[], bytes: number, source: Source): Promise<Intake> {
    const checked = this.#checking.then(() => this.#check(entries, bytes, source))
    this.#checking = checked.catch(() => undefined)
    return checked
  }

  /**
   * Asks for a log, as one of several that have it: 0 when `by` may ask now, else after how many ms it should look again
   * whether another has brought it.
   */
  claim(log: DeviceId, by: object): number {
    const claimed = this.#claims.get(log)
    const left = claimed === undefined ? 0 : claimed.until - performance.now()
    if (claimed !== undefined && claimed.by !== by && left > 0) return left
    this.#claims.set(log, { by, until: performance.now() + limits.claim })
    return 0
  }

  /** `by` is asked for nothing any more. */
  release(by: object): void {
    for (const [log, claimed] of this.#claims) if (claimed.by === by) this.#claims.delete(log)
  }

  /** What was checked but not committed is forgotten, or it would pass for held. */
  forget(): void {
    this.#generation++
    this.#ground.logs.forget()
    this.#ground.inbox.dropArrivals()
  }

  /** Storage takes entries again. */
  resume(): void {
    for (const [source, devices] of this.#dropped) source.missing(devices)
    this.#dropped.clear()
  }

  /** Somebody may be blocked no longer: what was left out of theirs is asked for again. */
  takeHeld(): void {
    const held = [...this.#held.values()]
    this.#held.clear()
    for (const { source, logs } of held) source.missing(logs)
  }

  async #check(brought: readonly Entry[], bytes: number, source: Source): Promise<Intake> {
    const entries = this.#withoutHeld(brought, source)
    const { conversation, logs, inbox, clock, guard, wake } = this.#ground
    const generation = this.#generation
    const intake = await checkEntries(entries, {
      ...(source.link && { link: source.link }),
      ...{ from: source.device, conversation, now: clock.physical(), guard },
      mayLink: device => this.#ground.members.mayLink(device),
      log: device => logs.log(device),
      holds: (device, place) => logs.isHere(device, place),
      holdsHash: (device, hash, seq) => logs.isHashHere(device, hash, seq),
      holdsRights: rights => rights.every(hash => this.#ground.members.entries.has(toText(hash))),
      heldCuts: device => logs.heldCuts(device),
      rightsAt: (device, prev, seq) => logs.rightsAt(device, prev, seq),
    })
    const isCurrent = generation === this.#generation
    const accepted = isCurrent ? intake.accepted : []
    if (isCurrent) logs.wait(accepted, intake.logs)
    const done = () => source.committed(intake.devices)
    const dropped = () => {
      source.committed(new Set())
      this.#dropped.set(source, new Set([...(this.#dropped.get(source) ?? []), ...intake.devices]))
    }
    inbox.arrive(accepted, bytes, { done, dropped })
    wake()
    return isCurrent ? intake : { ...intake, accepted, gaps: intake.devices }
  }

  /**
   * Nothing that somebody wrote after they were blocked is taken, whoever brings it: another device of one's own may not have
   * heard of it yet. The signature of a run stands at its end, so of a frame that holds such an entry their whole log is left.
   */
  #withoutHeld(entries: readonly Entry[], source: Source): readonly Entry[] {
    const { members } = this.#ground
    const blocked = this.#ground.blocked()
    if (blocked === undefined) return entries
    const held = new Set<DeviceId>()
    const theirs = new Map<Entry, DeviceId>()
    for (const entry of entries) {
      const { device, time } = headerOf(entry) ?? {}
      if (device === undefined || time === undefined || members.mayLink(device)?.user !== blocked.user) continue
      theirs.set(entry, device)
      if (time > blocked.since) held.add(device)
    }
    if (held.size === 0) return entries
    const { logs } = this.#held.get(source.device) ?? { logs: new Set<DeviceId>() }
    for (const log of held) logs.add(log)
    this.#held.set(source.device, { source, logs })
    return entries.filter(entry => {
      const device = theirs.get(entry)
      return device === undefined || !held.has(device)
    })
  }
}

/** Undefined: it is no entry, which the checks refuse in words. */
function headerOf(entry: Entry) {
  try {
    return readHeader(entry).header
  } catch {
    return undefined
  }
}
