import { create } from '@bufbuild/protobuf'
import { limits } from '../../limits.ts'
import { type DeviceId, deviceId, fromText } from '../../protocol/ids.ts'
import { mergedReads, type ReadMap } from '../../protocol/marks.ts'
import { type Reached as ReachedFrame, ReachedSchema } from '../../protocol/parley_pb.ts'
import type { Reached } from './state.ts'

export interface OwnAcksGround {
  /** How far devices have committed the logs of one's own, as committed here. */
  readonly acked: Reached
  /** Whether a device is one's own. */
  isOwn(device: DeviceId): boolean
  /** A device of somebody else has committed a log of one's own up to a number. */
  acknowledge(by: DeviceId, log: DeviceId, seq: number): void
}

/** What another device of one's own is to be told of how far others have one's messages, and knows of it. */
export class OwnAcks {
  readonly #ground: OwnAcksGround
  readonly #owed = new Set<DeviceId>()
  readonly #known = new Map<DeviceId, ReadMap>()

  constructor(ground: OwnAcksGround) {
    this.#ground = ground
  }

  /** These devices have committed more; without them, all that is known is told. */
  owe(devices: Iterable<DeviceId> = this.#ground.acked.keys()): void {
    for (const by of devices) if (!this.#ground.isOwn(by)) this.#owed.add(by)
  }

  get isOwed(): boolean {
    return this.#owed.size > 0
  }

  /** What is to be told next. */
  next(): ReachedFrame[] {
    const told: ReachedFrame[] = []
    for (const by of this.#owed) {
      if (told.length >= limits.acksPage) break
      this.#owed.delete(by)
      const known = this.#known.get(by) ?? new Map()
      const news = [...(this.#ground.acked.get(by) ?? [])].filter(([log, seq]) => seq > (known.get(log) ?? 0))
      if (news.length === 0) continue
      this.#known.set(by, mergedReads(known, new Map(news)))
      const logs = news.map(([log, seq]) => ({ device: fromText(log), seq: BigInt(seq) }))
      told.push(create(ReachedSchema, { by: fromText(by), logs }))
    }
    return told
  }

  /** Takes what the other device tells. */
  take(told: readonly ReachedFrame[]): void {
    const { acked, isOwn, acknowledge } = this.#ground
    for (const { by: bytes, logs } of told.slice(0, limits.acksPage)) {
      if (bytes.length !== 32) continue
      const by = deviceId(bytes)
      if (isOwn(by) || (!acked.has(by) && acked.size >= limits.ackedDevices)) continue
      const heard = new Map<DeviceId, number>()
      for (const { device, seq } of logs.slice(0, limits.markedLogs)) {
        if (device.length !== 32 || seq < 1n || seq >= BigInt(limits.seq) || !isOwn(deviceId(device))) continue
        heard.set(deviceId(device), Number(seq))
      }
      this.#known.set(by, mergedReads(this.#known.get(by) ?? new Map(), heard))
      for (const [log, seq] of heard) if (seq > (acked.get(by)?.get(log) ?? 0)) acknowledge(by, log, seq)
    }
  }
}

/** Whatever others have of one's own messages, each as text: the same on two devices when they know the same. */
export function namesOfAcks({ acked, isOwn }: Pick<OwnAcksGround, 'acked' | 'isOwn'>): string[] {
  return [...acked].flatMap(([by, logs]) =>
    isOwn(by) ? [] : [...logs].flatMap(([log, seq]) => (seq > 0 ? [`${by} ${log} ${seq}`] : [])),
  )
}
