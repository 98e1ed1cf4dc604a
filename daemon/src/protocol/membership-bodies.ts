import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder } from './codec.ts'
import type { RoomHistory } from './control-infos.ts'
import {
  type DeviceId,
  deviceId,
  fromText,
  type MessageId,
  messageId,
  type RegistryId,
  registryId,
  type UserId,
  userId,
} from './ids.ts'
import { idOfKey, publicKeyOf } from './keys.ts'
import { readRoomName, readRoomTopic } from './names.ts'
import { type Body, BodySchema, type Head, HeadSchema } from './parley_pb.ts'

/** The last entry of a log that counts, or behind which a log starts. */
export interface CutHead {
  readonly device: DeviceId
  readonly seq: number
  /** 32 bytes. */
  readonly hash: Uint8Array
}

/** What a membership entry does to a room. */
export type ActBody =
  | {
      readonly is: 'founding'
      readonly registry: RegistryId
      /** The owner. */
      readonly user: UserId
      readonly name: string
      readonly topic: string
      readonly history: RoomHistory
      /** 16 random bytes: two rooms of one name are two rooms. */
      readonly nonce: Uint8Array
    }
  | { readonly is: 'invitation'; readonly user: UserId; readonly from: readonly CutHead[] }
  | { readonly is: 'joining' }
  | { readonly is: 'leaving'; readonly cut: readonly CutHead[] }
  | { readonly is: 'removal'; readonly user: UserId; readonly cut: readonly CutHead[] }
  | { readonly is: 'role'; readonly user: UserId; readonly role: 'admin' | 'member' }
  | {
      readonly is: 'change'
      readonly name?: string
      readonly topic?: string
      readonly history?: RoomHistory
    }
  | {
      readonly is: 'revocation'
      /** By its key: one of the author's own. */
      readonly device: DeviceId
      /** SPKI, 91 bytes. */
      readonly key: Uint8Array
      readonly cut: readonly CutHead[]
    }
  /** Of a kind that this program does not know: kept, forwarded, and without effect. */
  | { readonly is: 'unknown' }

/** The kinds of entries that say who belongs to a room: they travel by themselves, before anything else. */
export const membershipKinds = { first: 32, last: 47 } as const

/** Whether entries of that kind are membership entries. */
export function isMembershipKind(kind: number): boolean {
  return kind >= membershipKinds.first && kind <= membershipKinds.last
}

/** The kind of the entry that does this; undefined for an unknown act, which nobody here writes. */
export function kindOf(act: ActBody): number | undefined {
  return kinds.get(act.is)
}

/** The body of a membership entry. `act`: 16 random bytes that name it. `written`: ms since 1970. Throws as {@link readAct}. */
export function encodeAct(body: ActBody, act: MessageId, written: number): Uint8Array<ArrayBuffer> {
  const fields = { message: fromText(act), written: BigInt(written), is: fieldsOf(body) }
  const bytes = toBinary(BodySchema, create(BodySchema, fields))
  const kind = kindOf(body)
  if (kind !== undefined) readAct(bytes, kind)
  return bytes
}

/**
 * What a membership entry of `kind` does. Throws `bad-frame` for bytes that are malformed, `bad-message` or `bad-name` for
 * those that say what no honest author writes: such an entry links and has no effect.
 */
export function readAct(bytes: Uint8Array, kind: number): ActBody {
  const body = decodeBody(bytes)
  messageId(body.message)
  if (!knownKinds.has(kind)) return { is: 'unknown' }
  const act = actOf(body.is)
  if (act === undefined || kindOf(act) !== kind) throw wrong('it is of another kind than it says')
  return act
}

const kinds: ReadonlyMap<ActBody['is'], number> = new Map([
  ['founding', 32],
  ['invitation', 33],
  ['joining', 34],
  ['leaving', 35],
  ['removal', 36],
  ['role', 37],
  ['change', 38],
  ['revocation', 39],
])
const knownKinds: ReadonlySet<number> = new Set(kinds.values())
const histories: readonly RoomHistory[] = ['all', 'from-invitation']
const decodeBody = decoder(BodySchema)

type Fields = NonNullable<MessageInitShape<typeof BodySchema>['is']>

function fieldsOf(body: ActBody): Fields {
  switch (body.is) {
    case 'founding': {
      const { registry, user, name, topic, history, nonce } = body
      const ids = { registry: fromText(registry), user: fromText(user), nonce: new Uint8Array(nonce) }
      return { case: 'founding', value: { ...ids, name, topic, history: numberOf(history) } }
    }
    case 'invitation':
      return { case: 'invitation', value: { user: fromText(body.user), from: headsOf(body.from) } }
    case 'joining':
      return { case: 'joining', value: {} }
    case 'leaving':
      return { case: 'leaving', value: { cut: headsOf(body.cut) } }
    case 'removal':
      return { case: 'removal', value: { user: fromText(body.user), cut: headsOf(body.cut) } }
    case 'role':
      return { case: 'roleChange', value: { user: fromText(body.user), role: body.role } }
    case 'change': {
      const { name, topic, history } = body
      const texts = { ...(name !== undefined && { name }), ...(topic !== undefined && { topic }) }
      return { case: 'roomChange', value: { ...texts, ...(history && { history: numberOf(history) }) } }
    }
    case 'revocation':
      return { case: 'deviceRevocation', value: { key: new Uint8Array(body.key), cut: headsOf(body.cut) } }
    case 'unknown':
      throw wrong('nobody here knows what it does')
  }
}

function actOf(is: Body['is']): ActBody | undefined {
  switch (is.case) {
    case 'founding': {
      const { registry, user, name, topic, history, nonce } = is.value
      if (nonce.length !== 16) throw wrong(`its nonce has ${nonce.length} bytes`)
      const ids = { registry: registryId(registry), user: userId(user), nonce }
      return { is: 'founding', ...ids, name: nameIn(name), topic: topicIn(topic), history: historyOf(history) }
    }
    case 'invitation':
      return { is: 'invitation', user: userId(is.value.user), from: readHeads(is.value.from) }
    case 'joining':
      return { is: 'joining' }
    case 'leaving':
      return { is: 'leaving', cut: readHeads(is.value.cut) }
    case 'removal':
      return { is: 'removal', user: userId(is.value.user), cut: readHeads(is.value.cut) }
    case 'roleChange': {
      const { user, role } = is.value
      if (role !== 'admin' && role !== 'member') throw wrong('it gives a role that there is none of')
      return { is: 'role', user: userId(user), role }
    }
    case 'roomChange': {
      const { name, topic, history } = is.value
      const texts = {
        ...(name !== undefined && { name: nameIn(name) }),
        ...(topic !== undefined && { topic: topicIn(topic) }),
      }
      return { is: 'change', ...texts, ...(history !== undefined && { history: historyOf(history) }) }
    }
    case 'deviceRevocation': {
      const { key, cut } = is.value
      publicKeyOf(key)
      const device = deviceId(idOfKey(key))
      const heads = readHeads(cut)
      if (heads.some(head => head.device !== device)) throw wrong('it cuts the log of another device')
      return { is: 'revocation', device, key, cut: heads }
    }
    default:
      return undefined
  }
}

function headsOf(heads: readonly CutHead[]): Head[] {
  return heads.map(({ device, seq, hash }) =>
    create(HeadSchema, { device: fromText(device), seq: BigInt(seq), hash: new Uint8Array(hash) }),
  )
}

function readHeads(heads: readonly Head[]): CutHead[] {
  if (heads.length > limits.heads) throw wrong(`it names ${heads.length} places in logs`)
  return heads.map(({ device, seq, hash }) => {
    if (hash.length !== 32 || seq < 1n || seq >= BigInt(limits.seq)) throw wrong('it names a place that no log has')
    return { device: deviceId(device), seq: Number(seq), hash }
  })
}

function numberOf(history: RoomHistory): number {
  return histories.indexOf(history) + 1
}

function historyOf(number: number): RoomHistory {
  const history = histories[number - 1]
  if (history === undefined) throw wrong('it says in no known way what later members see')
  return history
}

function nameIn(name: string): string {
  if (readRoomName(name) !== name) throw wrong('the name in it is not normal')
  return name
}

function topicIn(topic: string): string {
  if (readRoomTopic(topic) !== topic) throw wrong('the topic in it is not normal')
  return topic
}

function wrong(what: string): ParleyError {
  return new ParleyError('bad-message', `What was said about the members of a room does not count: ${what}.`)
}
