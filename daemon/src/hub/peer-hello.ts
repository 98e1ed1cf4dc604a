import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type DeviceId, deviceId, fromText, type RegistryId } from '../protocol/ids.ts'
import { type PeerHello, PeerHelloSchema, type Signed } from '../protocol/parley_pb.ts'
import type { People, Person } from './people.ts'

/** The versions of the peer protocol that this program speaks. */
const peerVersions: readonly number[] = [1]

/** What a hub says of itself in a hello: the statements that the registry and the account key have signed. */
export interface Self {
  readonly registry: RegistryId
  readonly device: DeviceId
  readonly attestation: Signed
  readonly roster: Signed
  /** Of the registry: others may have missed some. */
  readonly notices?: readonly Signed[]
  /** Where this hub takes links, for whoever has no registry to ask; absent: not told. */
  readonly port?: number
  /** Synchronised time in ms. */
  now(): number
}

/** The hello to `expected`, the device whose key TLS has shown. */
export function helloTo(expected: Uint8Array, self: Self): PeerHello {
  return create(PeerHelloSchema, {
    versions: [...peerVersions],
    expected,
    time: BigInt(Math.max(0, self.now())),
    registry: fromText(self.registry),
    attestation: self.attestation,
    roster: self.roster,
    notices: [...(self.notices ?? [])],
    port: self.port ?? 0,
  })
}

/**
 * Who said `hello` over a link whose TLS has shown `peerId` and `peerKey`. Every check of protocol section 2 and 4; the
 * clocks come last, so that `clock` is only ever thrown for someone who is who they say.
 *
 * @throws ParleyError `stranger` and the codes of {@link People.judge}; `clock` when both clocks are too far apart
 */
export function judgeHello(
  hello: PeerHello,
  link: { readonly peerId: Uint8Array; readonly peerKey: Uint8Array },
  self: Self,
  people: People,
): Person {
  if (!hello.versions.some(version => peerVersions.includes(version))) {
    throw new ParleyError('too-old', 'The other hub speaks another version of Parley. Update the older of the two.')
  }
  if (!sameBytes(hello.expected, fromText(self.device))) throw stranger('It means another device than this one.')
  if (!sameBytes(hello.registry, fromText(self.registry))) throw stranger('It belongs to another team.')
  const device = deviceId(link.peerId)
  const person = people.judge(hello.attestation, hello.roster, { device })
  const key = person.keys.get(device)
  if (!key || !sameBytes(key, link.peerKey)) throw stranger(`Its device is not one of ${person.name}'s.`)
  const apart = Math.abs(Number(hello.time) - self.now())
  if (apart > limits.clockSkew) throw clockApart(person, apart)
  return person
}

/** A hello that failed says who it was from only when the clocks were the one thing wrong. */
export class ClockApart extends ParleyError {
  readonly person: Person

  constructor(person: Person, message: string) {
    super('clock', message)
    this.person = person
  }
}

function clockApart(person: Person, apart: number): ClockApart {
  const minutes = Math.round(apart / 60_000)
  return new ClockApart(
    person,
    `The clock of ${person.name} and the clock here are ${minutes} minutes apart, so no messages are exchanged. Set both clocks right.`,
  )
}

function stranger(message: string): ParleyError {
  return new ParleyError('stranger', message)
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b)
}
