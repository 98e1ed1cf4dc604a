import net from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../../daemon/src/errors.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import { type DeviceId, deviceId, fromText, type UserId, userId } from '../../daemon/src/protocol/ids.ts'
import { idOfKey } from '../../daemon/src/protocol/keys.ts'
import {
  DeviceAddressesSchema,
  DoneSchema,
  type Event,
  LookedUpSchema,
  OnlineChangeSchema,
  OnlineSnapshotSchema,
  OwnChangedSchema,
  PersonSchema,
  RelaySchema,
  RenewedSchema,
  type Reply,
  type Request,
  RequestSchema,
  type Signed,
  SignedInSchema,
  type SignUp,
} from '../../daemon/src/protocol/parley_pb.ts'
import { type Attestation, issueAttestation } from '../../daemon/src/protocol/statements.ts'
import { deviceOf, type FakeRegistry, startFakeRegistry } from './fake-registry.ts'

/** What the registry has of somebody; a test changes it to lie about them to everybody. */
export interface Member {
  readonly name: string
  readonly user: UserId
  /** What its attestations of them say differently from the sign-up. */
  attested: Partial<Attestation>
  roster: Signed
  /** SPKI of the device that signed up, and its id. */
  readonly deviceKey: Uint8Array
  readonly device: DeviceId
  readonly signUp: SignUp
  /** Where a look-up sends people who ask for them; by default the port that the device has told. */
  devices: { device: Uint8Array; port: number }[]
  link: Link | undefined
  /** What lists show. */
  status: string
}

/** A registry with several members that is honest until a test tells it to lie. Nobody needs a password. */
export interface LyingRegistry extends AsyncDisposable {
  readonly fake: FakeRegistry
  readonly address: string
  member(name: string): Member
  /** Where its relay leads whoever comes with any ticket: a port of this machine; 0: it has no relay. */
  relayTo: number
  /** How many have come to its relay. */
  relayed: number
  /** What it says to a request instead of the truth; undefined: the truth. */
  lie: (is: Request['is'], asker: Member | undefined) => Reply['is'] | undefined
  attest(name: string, changes?: Partial<Attestation>): Signed
  /** Sends an event to somebody who is signed in. */
  tell(name: string, is: Event['is']): Promise<void>
  /** Tells somebody of their own account: honestly, or with what is given. */
  tellOwn(name: string, said?: { attestation?: Signed; roster?: Signed; role?: string }): Promise<void>
  /** Tells everybody how somebody stands. */
  show(name: string, status: string): Promise<void>
  /** Whether any request so far held these characters. */
  heard(text: string): boolean
  /** How often something was asked. */
  count(what: Request['is']['case']): number
}

export async function startLyingRegistry(): Promise<LyingRegistry> {
  const fake = await startFakeRegistry({ relay: { serve: socket => lead(socket) } })
  const members = new Map<UserId, Member>()
  const bytes: Buffer[] = []
  let number = 1n
  const named = (name: string) => [...members.values()].find(one => one.name === name)
  const registry: LyingRegistry = {
    fake,
    address: fake.address,
    relayTo: 0,
    relayed: 0,
    lie: () => undefined,
    member(name) {
      const found = named(name)
      if (!found) throw new Error(`Nobody has signed up as ${name}.`)
      return found
    },
    attest: (name, changes) => attestation(fake, registry.member(name), changes),
    async tell(name, is) {
      await registry.member(name).link?.send(is)
    },
    async tellOwn(name, said = {}) {
      const { roster } = registry.member(name)
      await registry.tell(name, {
        case: 'ownChanged',
        value: create(OwnChangedSchema, { attestation: registry.attest(name), roster, role: '', ...said }),
      })
    },
    async show(name, status) {
      registry.member(name).status = status
      number++
      const people = [personOf(registry.member(name))]
      const value = create(OnlineChangeSchema, { number, people, total: members.size })
      for (const { link } of members.values()) await link?.send({ case: 'onlineChange', value }).catch(() => {})
    },
    heard: text => bytes.some(one => one.includes(text)),
    count: what => fake.asked.filter(one => one === what).length,
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  }

  /** Says that the other end is there, and pipes to the place that it leads to. */
  function lead(socket: net.Socket): void {
    registry.relayed++
    const end = net.connect(registry.relayTo, '127.0.0.1')
    for (const one of [socket, end]) one.on('error', () => {})
    socket.write(Buffer.of(0x50))
    socket.pipe(end).pipe(socket)
    socket.once('close', () => end.destroy())
    end.once('close', () => socket.destroy())
  }

  function signedIn(member: Member, link: Link): Reply['is'] {
    link.allowLargeFrames()
    member.link = link
    void link.closed.then(() => {
      if (member.link !== link) return
      member.link = undefined
      void registry.show(member.name, 'offline')
    })
    const said = { session: new Uint8Array(8), attestation: attestation(fake, member), roster: member.roster }
    return { case: 'signedIn', value: create(SignedInSchema, said) }
  }

  function lookedUp(member: Member): Reply['is'] {
    const devices = member.devices.map(({ device, port }) =>
      create(DeviceAddressesSchema, { device, addresses: port > 0 ? [{ host: '127.0.0.1', port }] : [] }),
    )
    const { roster } = member
    const said = { attestation: attestation(fake, member), roster, devices, person: personOf(member) }
    return { case: 'lookedUp', value: create(LookedUpSchema, said) }
  }

  /** The truth; undefined: as the fake registry answers. */
  function truth(is: Request['is'], asker: Member | undefined, link: Link): Reply['is'] | undefined {
    if (is.case === 'signUp') {
      if (!is.value.roster) throw new ParleyError('bad-frame', 'There is no roster.')
      const member: Member = {
        name: is.value.name,
        user: userId(is.value.user),
        attested: {},
        roster: is.value.roster,
        deviceKey: link.peerKey,
        device: deviceOf(link),
        signUp: is.value,
        devices: [],
        link,
        status: 'online',
      }
      members.set(member.user, member)
      return signedIn(member, link)
    }
    if (is.case === 'signIn') {
      if (!asker) throw new ParleyError('unknown-account', 'Nobody has this device.')
      return signedIn(asker, link)
    }
    if (!asker) return undefined
    switch (is.case) {
      case 'renew':
        return { case: 'renewed', value: create(RenewedSchema, { attestation: attestation(fake, asker) }) }
      case 'publishAddresses':
        asker.devices = [{ device: fromText(asker.device), port: is.value.port }]
        void registry.show(asker.name, 'online')
        return { case: 'done', value: create(DoneSchema) }
      case 'publishRoster':
        if (is.value.roster) asker.roster = is.value.roster
        return { case: 'done', value: create(DoneSchema) }
      case 'watchOnline': {
        const people = [...members.values()].filter(({ status }) => status !== 'offline').map(personOf)
        return { case: 'onlineSnapshot', value: create(OnlineSnapshotSchema, { number, people, total: members.size }) }
      }
      case 'lookUp': {
        const { user, name } = is.value
        const found = user.length > 0 ? members.get(userId(user)) : named(name)
        if (!found) throw new ParleyError('unknown-user', 'There is nobody of that name.')
        return lookedUp(found)
      }
      case 'askRelay':
        if (registry.relayTo > 0) return { case: 'relay', value: create(RelaySchema, { ticket: new Uint8Array(16) }) }
        throw new ParleyError('unsupported', 'This registry has no relay.')
      default:
        return undefined
    }
  }

  fake.answer = (is, link) => {
    bytes.push(Buffer.from(toBinary(RequestSchema, create(RequestSchema, { is }))))
    const asker = [...members.values()].find(({ device }) => device === deviceOf(link))
    return registry.lie(is, asker) ?? truth(is, asker, link)
  }
  return registry
}

function personOf({ user, name, status }: Member) {
  return create(PersonSchema, { user: fromText(user), name, displayName: name, status })
}

function attestation(fake: FakeRegistry, member: Member, changes: Partial<Attestation> = {}): Signed {
  const issued = fake.now()
  const fields: Attestation = {
    registry: fake.id,
    user: member.user,
    name: member.name,
    displayName: member.name,
    accountKey: member.signUp.accountKey,
    generation: 1,
    denied: new Set(),
    issued,
    expires: issued + 3600_000,
    ...member.attested,
    ...changes,
  }
  return issueAttestation(fields, fake.identity.privateKey)
}

/** A device as rosters name it. */
export function listed(key: Uint8Array, name = 'ghost') {
  return { id: deviceId(idOfKey(key)), key: new Uint8Array(key), name, added: 1 }
}
