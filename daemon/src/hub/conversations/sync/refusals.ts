import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { asParleyError } from '../../../errors.ts'
import { limits } from '../../../limits.ts'
import { type ConversationId, fromText, toText } from '../../../protocol/ids.ts'
import { type Event, type Refuse, RefuseSchema } from '../../../protocol/parley_pb.ts'
import type { Refusal } from '../intake.ts'
import type { PeerLink } from '../types.ts'

/** What is refused over one link: told and logged once each, and only so much of it, so that a bad peer fills no log. */
export class Refusals {
  readonly #link: PeerLink
  readonly #log: Log
  readonly #told = new Set<string>()
  /** What is yet to be told: as many at most as are told at all. */
  readonly #owed: Event['is'][] = []

  constructor(link: PeerLink, log: Log) {
    this.#link = link
    this.#log = log
  }

  /** Tells a refusal, unless it was told: {@link next} gives the frame. */
  tell(id: ConversationId, { code, message, device, seq, hash }: Refusal): void {
    if (!this.isFirst(`${id} ${code} ${device} ${seq} ${hash === undefined ? '' : toText(hash)}`)) return
    const about = { conversation: id, peer: this.#link.user, device, seq, code }
    this.#log.warn(about, `A message of a peer was refused. ${message}`)
    const fields = {
      conversation: fromText(id),
      device: device === undefined ? none : fromText(device),
      seq: BigInt(seq ?? 0),
      hash: hash === undefined ? none : new Uint8Array(hash),
      code,
      message,
    }
    this.#owed.push({ case: 'refuse', value: create(RefuseSchema, fields) })
  }

  /** The next frame. */
  next(): Event['is'] | undefined {
    return this.#owed.shift()
  }

  /** The other side has refused something. */
  heard(id: ConversationId, { seq, code, message }: Refuse): void {
    if (!this.isFirst(`theirs ${id} ${code} ${seq}`)) return
    const about = { conversation: id, peer: this.#link.user, code: code.slice(0, 40), seq: Number(seq) }
    this.#log.warn(about, `A peer did not accept a message: ${message.slice(0, 300)}`)
  }

  /** Whether a frame could not be read: such a one is logged, and comes to nothing however often it is looked at. */
  isMalformed(kind: string | undefined, error: unknown): boolean {
    const { code, message } = asParleyError(error)
    if (code !== 'bad-frame') return false
    if (this.isFirst(`malformed ${kind}`))
      this.#log.warn({ peer: this.#link.user, event: kind, code }, `A frame of a peer was refused. ${message}`)
    return true
  }

  /** Whether this has not come up before. False as well when too much has. */
  isFirst(what: string): boolean {
    if (this.#told.has(what) || this.#told.size >= limits.refusals) return false
    this.#told.add(what)
    return true
  }
}

/** To whoever speaks of a conversation that they have no part in. */
export const noneOfTheirs: Refusal = { code: 'stranger', message: 'That conversation is none of these two users.' }

/** To whoever writes in a room that one of both does not take part in now. */
export const notTakingPart: Refusal = {
  code: 'not-member',
  message: 'What was written in that room was not accepted: it is for those who take part in it, and not both do now.',
}

/** To whoever invites one to a room while one is invited to so many. */
export const tooManyInvitations: Refusal = {
  code: 'busy',
  message: 'That person is invited to as many rooms as they may be. It is told again once they have answered some.',
}

const none = new Uint8Array(0)
