import { limits } from '../../../limits.ts'
import type { DeviceId } from '../../../protocol/ids.ts'
import { isWhole } from '../branches.ts'
import type { Conversation } from '../conversation.ts'
import type { CheckedEntry, Refusal } from '../intake.ts'
import type { State } from '../state.ts'
import type { PeerLink } from '../types.ts'
import { Gossip } from './gossip.ts'
import { LinkSync } from './link-sync.ts'
import { type SyncHost, shareWith } from './sync-host.ts'

/** What of a commit goes out over links. */
interface Commit {
  readonly before: State
  readonly linked: readonly CheckedEntry[]
}

/**
 * The links of a home. Whoever has written something pushes it to everybody who is linked; what others have written is
 * offered, see gossip.ts.
 */
export class Links {
  readonly #syncs = new Set<LinkSync>()
  readonly #gossip = new Gossip()
  readonly #pause: number
  #timer: NodeJS.Timeout | undefined

  /** `pause`: ms between offers. */
  constructor(pause: number = limits.offerPause) {
    this.#pause = pause
  }

  attach(host: SyncHost, link: PeerLink): LinkSync {
    const sync = new LinkSync({ ...host, gossip: this.#gossip }, link)
    this.#syncs.add(sync)
    this.#tellOf(host, sync)
    const detach = () => {
      sync.close()
      this.#syncs.delete(sync)
      this.#gossip.left(sync)
      this.#tellOf(host, sync)
    }
    link.signal.addEventListener('abort', detach, { once: true })
    return sync
  }

  /** Whether somebody else is linked who takes part. */
  isLinked(conversation: Conversation): boolean {
    const { user } = conversation.account
    for (const sync of this.#syncs) if (sync.user !== user && sync.sharesLogs(conversation)) return true
    return false
  }

  /**
   * Whether what waits may be given its place in the log: somebody is linked who has told what they have of it, and nobody
   * brings more of it at this moment.
   */
  maySeal(conversation: Conversation): boolean {
    let isReady = false
    for (const sync of this.#syncs) {
      if (!sync.sharesLogs(conversation)) continue
      const knowledge = sync.knowledge(conversation)
      if (knowledge === 'behind') return false
      if (knowledge === 'ready') isReady = true
    }
    return isReady
  }

  /** A conversation has changed: tells whoever is linked and takes part. */
  committed(conversation: Conversation, { before, linked }: Commit): void {
    const devices = new Set(linked.map(({ device }) => device))
    for (const sync of this.#syncs) sync.changed(conversation, { before, devices })
    const { device: own } = conversation.account
    for (const { device, link } of linked) {
      if (device !== own) this.#gossip.changed(conversation, device, link, this.#syncs)
    }
    // Those of one's own went out at once.
    if (before.members !== conversation.members) this.#gossip.regrouped(conversation, this.#syncs)
    this.#offerSoon()
  }

  /** A conversation was read anew after a write whose outcome was unknown. */
  restored(conversation: Conversation, before: State): void {
    const devices = new Set<DeviceId>()
    for (const [device, log] of conversation.state.logs) {
      if (!isWhole(log, before.logs.get(device)?.heads ?? [])) devices.add(device)
    }
    if (devices.size === 0 && before.stored !== undefined) return
    for (const sync of this.#syncs) sync.changed(conversation, { before, devices })
  }

  /** Tells a device, should it be linked, how far its own log is here: what it wrote may have come by mail. */
  tellAuthor(conversation: Conversation, device: DeviceId): void {
    for (const sync of this.#syncs) if (sync.device === device) sync.offer(conversation, new Set([device]))
  }

  /** Asks everybody all over who shares a conversation: more of it can be taken in now. */
  compare(conversation: Conversation): void {
    for (const sync of this.#syncs) if (shareWith(conversation, sync.user) !== 'nothing') sync.compare(conversation)
  }

  /** Logs have come to begin here without a link: whoever has offered more of them is asked for what follows. */
  askAgain(conversation: Conversation, devices: ReadonlySet<DeviceId>): void {
    for (const sync of this.#syncs) sync.askAgain(conversation, devices)
  }

  /** Tells the device that has brought an entry that it does not count. */
  refuse(conversation: Conversation, device: DeviceId, refusal: Refusal): void {
    for (const sync of this.#syncs) if (sync.device === device) sync.refuse(conversation.id, refusal)
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const sync of this.#syncs) sync.close()
    this.#syncs.clear()
  }

  #offerSoon(): void {
    if (this.#gossip.isDone) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#gossip.round()
      this.#offerSoon()
    }, this.#pause).unref()
  }

  #tellOf(host: SyncHost, sync: LinkSync): void {
    for (const conversation of host.stored()) {
      if (shareWith(conversation, sync.user) !== 'nothing') conversation.linksChanged()
    }
  }
}
