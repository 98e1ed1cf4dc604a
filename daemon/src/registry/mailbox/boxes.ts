import { limits } from '../../limits.ts'
import type { DeviceId, UserId } from '../../protocol/ids.ts'

/** What is known of an item that waits, without the item. */
export interface MailEntry {
  /** Orders the items of a device by arrival. */
  readonly number: number
  /** As text. */
  readonly id: string
  /** Who has deposited it. */
  readonly user: UserId
  readonly device: DeviceId
  /** Bytes. */
  readonly size: number
  /** ms since 1970. */
  readonly expires: number
}

/** Whose mailbox it is. */
export interface Recipient {
  readonly user: UserId
  readonly device: DeviceId
}

/** How much may wait, as in limits/mailbox.ts. */
export interface MailLimits {
  readonly mailItems: number
  readonly mailBytes: number
  readonly mailItemsPerDevice: number
  readonly mailBytesPerDevice: number
  readonly mailItemsPerSender: number
  readonly mailBytesPerSender: number
}

/** Why there is no room for an item: in the mailbox, for that sender in it, or in the whole registry. */
export type Full = 'mailbox' | 'sender' | 'registry'

/** How much mail waits. */
interface Amount {
  items: number
  bytes: number
}

interface Box {
  readonly user: UserId
  /** In the order of arrival. */
  readonly entries: Map<number, MailEntry>
  readonly amount: Amount
  readonly bySender: Map<UserId, Amount>
}

/** What waits in all mailboxes, in memory: so that a deposit need not count, and a collection need not search. */
export class Boxes {
  readonly #boxes = new Map<DeviceId, Box>()
  readonly #total: Amount = { items: 0, bytes: 0 }
  readonly #now: () => number
  readonly #limits: MailLimits
  #next = 1

  constructor(now: () => number, most: Partial<MailLimits> = {}) {
    this.#now = now
    this.#limits = { ...limits, ...most }
  }

  get items(): number {
    return this.#total.items
  }

  get bytes(): number {
    return this.#total.bytes
  }

  /** Devices for which something waits. */
  get recipients(): Recipient[] {
    return [...this.#boxes].map(([device, { user }]) => ({ user, device }))
  }

  /** What waits for a device, the oldest first. */
  of(device: DeviceId): MailEntry[] {
    this.#expire(device)
    return [...(this.#boxes.get(device)?.entries.values() ?? [])]
  }

  /** The item of that id that another device has deposited. */
  find({ device }: Recipient, from: DeviceId, id: string): MailEntry | undefined {
    return this.of(device).find(entry => entry.id === id && entry.device === from)
  }

  /** Why an item of `size` bytes by `sender` does not fit. */
  refusal({ device }: Recipient, sender: UserId, size: number): Full | undefined {
    this.#expire(device)
    const box = this.#boxes.get(device)
    const most = this.#limits
    const sent = box?.bySender.get(sender)
    if (exceeds(sent, size, most.mailItemsPerSender, most.mailBytesPerSender)) return 'sender'
    if (exceeds(box?.amount, size, most.mailItemsPerDevice, most.mailBytesPerDevice)) return 'mailbox'
    return exceeds(this.#total, size, most.mailItems, most.mailBytes) ? 'registry' : undefined
  }

  /** A number above those of all items that wait. */
  next(): number {
    return this.#next++
  }

  add({ user, device }: Recipient, entry: MailEntry): void {
    const box = this.#boxes.get(device) ?? {
      user,
      entries: new Map(),
      amount: { items: 0, bytes: 0 },
      bySender: new Map(),
    }
    this.#boxes.set(device, box)
    const sent = box.bySender.get(entry.user) ?? { items: 0, bytes: 0 }
    box.bySender.set(entry.user, sent)
    box.entries.set(entry.number, entry)
    this.#next = Math.max(this.#next, entry.number + 1)
    for (const amount of [sent, box.amount, this.#total]) count(amount, 1, entry.size)
  }

  /** Does nothing for an item that is gone. */
  remove(device: DeviceId, number: number): void {
    const box = this.#boxes.get(device)
    const entry = box?.entries.get(number)
    if (!box || !entry) return
    box.entries.delete(number)
    const sent = box.bySender.get(entry.user)
    for (const amount of [...(sent ? [sent] : []), box.amount, this.#total]) count(amount, -1, -entry.size)
    if (sent?.items === 0) box.bySender.delete(entry.user)
    if (box.entries.size === 0) this.#boxes.delete(device)
  }

  /** Forgets the mailbox of a device, or of all devices of somebody. */
  drop(user: UserId, device?: DeviceId): void {
    for (const [id, box] of [...this.#boxes]) {
      if (box.user !== user || (device !== undefined && id !== device)) continue
      for (const number of [...box.entries.keys()]) this.remove(id, number)
    }
  }

  /** Lets go of all that has run out; storage has done so by itself. */
  sweep(): void {
    for (const device of [...this.#boxes.keys()]) this.#expire(device)
  }

  /** Items run out in the order in which they came. */
  #expire(device: DeviceId): void {
    const now = this.#now()
    for (const { number, expires } of this.#boxes.get(device)?.entries.values() ?? []) {
      if (expires > now) return
      this.remove(device, number)
    }
  }
}

function exceeds(amount: Amount | undefined, size: number, items: number, bytes: number): boolean {
  return (amount?.items ?? 0) + 1 > items || (amount?.bytes ?? 0) + size > bytes
}

function count(amount: Amount, items: number, bytes: number): void {
  amount.items += items
  amount.bytes += bytes
}
