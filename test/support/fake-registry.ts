import type { KeyObject } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { createIdentity, type Identity } from '../../daemon/src/net/identity.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import { listenPort, type Port } from '../../daemon/src/net/port.ts'
import type { RelayGate } from '../../daemon/src/net/port-types.ts'
import { deviceId, type RegistryId, registryId, userId } from '../../daemon/src/protocol/ids.ts'
import { idOfKey } from '../../daemon/src/protocol/keys.ts'
import {
  ChallengeSchema,
  DeviceListSchema,
  DoneSchema,
  LookedUpSchema,
  OnlineSnapshotSchema,
  PeopleSchema,
  RegistryWelcomeSchema,
  RenewedSchema,
  type Reply,
  type Request,
  type Signed,
  SignedInSchema,
  type SignUp,
} from '../../daemon/src/protocol/parley_pb.ts'
import { type Attestation, issueAttestation } from '../../daemon/src/protocol/statements.ts'
import { testLog } from './links.ts'

type Answer = (is: Request['is'], link: Link) => Reply['is'] | undefined | Promise<Reply['is'] | undefined>

/** A registry that lets everybody in without a password, and lies as it is told. */
export interface FakeRegistry extends AsyncDisposable {
  readonly identity: Identity
  readonly id: RegistryId
  readonly port: number
  /** `parley://…` with its id. */
  readonly address: string
  /** Asked first; what it leaves open is answered honestly. */
  answer: Answer
  /** Signs the attestations; its own key unless changed. */
  signer: KeyObject
  /** What the attestations say differently. */
  attested: Partial<Attestation>
  /** The roster that it hands out; the one of the sign-up unless changed. */
  roster: Signed | undefined
  /** Its clock in ms. */
  now: () => number
  /** The requests that came, by their names. */
  readonly asked: string[]
  readonly links: Set<Link>
  signUp: SignUp | undefined
  attest(changes?: Partial<Attestation>): Signed
}

export async function startFakeRegistry(
  given: { identity?: Identity; port?: number; relay?: RelayGate } = {},
): Promise<FakeRegistry> {
  const identity = given.identity ?? (await createIdentity())
  const id = registryId(identity.id)
  let port: Port | undefined
  const fake: FakeRegistry = {
    identity,
    id,
    port: 0,
    address: '',
    answer: () => undefined,
    signer: identity.privateKey,
    attested: {},
    roster: undefined,
    now: Date.now,
    asked: [],
    links: new Set(),
    signUp: undefined,
    attest: changes => attestation(fake, changes),
    [Symbol.asyncDispose]: async () => port?.close(),
  }
  port = await listenPort({
    listen: [{ host: '127.0.0.1', port: given.port ?? 0 }],
    identity,
    log: testLog(),
    ...(given.relay && { relay: given.relay }),
    alpn: {
      'parley-registry/1': link => {
        fake.links.add(link)
        void link.closed.then(() => fake.links.delete(link))
        link.handle({
          request: async is => {
            fake.asked.push(is.case ?? 'nothing')
            return (await fake.answer(is, link)) ?? honestly(is, link, fake)
          },
        })
      },
    },
  })
  const listening = port.addresses[0]?.port ?? 0
  return Object.assign(fake, { port: listening, address: `parley://127.0.0.1:${listening}/${id}?v=1` })
}

function honestly(is: Request['is'], link: Link, fake: FakeRegistry): Reply['is'] {
  switch (is.case) {
    case 'registryHello':
      link.established()
      return {
        case: 'registryWelcome',
        value: create(RegistryWelcomeSchema, {
          version: 1,
          time: BigInt(fake.now()),
          team: 'Fake',
          mechanisms: ['opaque'],
          signUp: 'open',
        }),
      }
    case 'signUp':
      fake.signUp = is.value
      fake.roster ??= is.value.roster
      return signedIn(link, fake)
    case 'signIn':
      return signedIn(link, fake)
    case 'renew':
      return { case: 'renewed', value: create(RenewedSchema, { attestation: fake.attest() }) }
    case 'watchOnline':
      return { case: 'onlineSnapshot', value: create(OnlineSnapshotSchema, { number: 1n }) }
    case 'search':
      return { case: 'people', value: create(PeopleSchema) }
    case 'lookUp':
      return { case: 'lookedUp', value: create(LookedUpSchema) }
    case 'devices':
      return { case: 'deviceList', value: create(DeviceListSchema) }
    case 'continue':
      return { case: 'challenge', value: create(ChallengeSchema) }
    default:
      return { case: 'done', value: create(DoneSchema) }
  }
}

function signedIn(link: Link, fake: FakeRegistry): Reply['is'] {
  link.allowLargeFrames()
  const roster = fake.roster ? { roster: fake.roster } : {}
  const session = new Uint8Array(8)
  return { case: 'signedIn', value: create(SignedInSchema, { session, attestation: fake.attest(), ...roster }) }
}

function attestation(fake: FakeRegistry, changes: Partial<Attestation> = {}): Signed {
  const { signUp, id, signer } = fake
  if (!signUp) throw new Error('Nobody has signed up yet.')
  const issued = fake.now()
  const fields: Attestation = {
    registry: id,
    user: userId(signUp.user),
    name: signUp.name,
    displayName: signUp.displayName,
    accountKey: signUp.accountKey,
    generation: 1,
    denied: new Set(),
    issued,
    expires: issued + 3600_000,
    ...fake.attested,
    ...changes,
  }
  return issueAttestation(fields, signer)
}

/** The id of the device at the other end. */
export const deviceOf = (link: Link) => deviceId(idOfKey(link.peerKey))
