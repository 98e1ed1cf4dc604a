import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { proveToDaemon } from '../../daemon/src/client/proof.ts'
import { readDaemonFile } from '../../daemon/src/client/published.ts'
import { locations } from '../../daemon/src/locations.ts'
import { createIdentity } from '../../daemon/src/net/identity.ts'
import { encodeControl } from '../../daemon/src/protocol/control-framing.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import {
  AckSchema,
  EntriesSchema,
  HaveSchema,
  LookUpSchema,
  PeerHelloSchema,
  PublishAddressesSchema,
  RegistryHelloSchema,
  type Request,
  SignedSchema,
  SignInSchema,
  SignUpSchema,
  WantSchema,
} from '../../daemon/src/protocol/parley_pb.ts'
import { ClassicBeater, ClassicClient, classicHeartbeat, classicRequests } from '../support/classic-client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { clientHello, mauled, type Pieces, randomBehind, throwBytes } from '../support/hostile.ts'
import { eventFrame, ping, rawClient, requestFrame, search, tcpClient } from '../support/links.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'

const password = 'correct horse battery'
const firstBytes = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x16, 0x50, 0x80, 0xb1, 0xff]
const atOnce = 20

const signed = () => create(SignedSchema, { alg: 1, payload: randomBytes(120), signature: randomBytes(64) })

/** What a client of the registry may say, right in shape. */
const registryRequests: Request['is'][] = [
  { case: 'registryHello', value: create(RegistryHelloSchema, { versions: [1] }) },
  {
    case: 'signUp',
    value: create(SignUpSchema, {
      name: 'mallory',
      user: randomBytes(16),
      accountKey: randomBytes(91),
      roster: signed(),
      mechanism: 'opaque',
      first: randomBytes(32),
    }),
  },
  { case: 'signIn', value: create(SignInSchema, { name: 'alice', mechanism: 'opaque', first: randomBytes(96) }) },
  { case: 'publishAddresses', value: create(PublishAddressesSchema, { port: 5858, addresses: ['127.0.0.1'] }) },
  { case: 'lookUp', value: create(LookUpSchema, { name: 'alice' }) },
  search('al'),
  ping,
]
const registryFrames = registryRequests.map((is, id) => requestFrame(id + 1, is))
const [registryHello = new Uint8Array()] = registryFrames

/** What a peer may say, right in shape. */
function peerFrames(device: Uint8Array): Uint8Array[] {
  const conversation = randomBytes(32)
  const heads = [{ device: randomBytes(32), seq: 1n, hash: randomBytes(32) }]
  const hello = create(PeerHelloSchema, {
    versions: [1],
    expected: device,
    time: BigInt(Date.now()),
    registry: randomBytes(32),
    attestation: signed(),
    roster: signed(),
  })
  return [
    requestFrame(1, { case: 'peerHello', value: hello }),
    eventFrame({ case: 'have', value: create(HaveSchema, { conversation, heads, full: true }) }),
    eventFrame({ case: 'want', value: create(WantSchema, { conversation, known: heads, credit: 1_000_000 }) }),
    eventFrame({ case: 'ack', value: create(AckSchema, { conversation, heads, credit: 1_000_000 }) }),
    eventFrame({
      case: 'entries',
      value: create(EntriesSchema, {
        conversation,
        entries: [{ header: randomBytes(200), signature: randomBytes(64) }],
      }),
    }),
  ]
}

const controlMessages = [
  { method: 'hello', params: { versions: { lowest: 1, highest: 1 }, client: 'test', attached: false } },
  { method: 'status', params: {} },
  { method: 'who', params: { query: 'a' } },
  { method: 'history', params: { with: 'bob', limit: 10 } },
  { method: 'send', params: { to: 'alice', text: 'hi', message: toText(new Uint8Array(16)) } },
  { method: 'subscribe', params: {} },
].map((message, id) => encodeControl({ jsonrpc: '2.0', id, ...message }))
const [controlHello = new Uint8Array()] = controlMessages

describe('whatever bytes strangers throw at a registry and a hub', () => {
  it('end their own connection: both processes live, serve on and hold no more memory', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    await alice.signUp(registry.ready.address, password)
    await bob.signUp(registry.ready.address, password)
    const identity = await createIdentity()
    const at = { host: '127.0.0.1', port: portOf(registry.ready.listen) }
    const hub = { host: '127.0.0.1', port: await portOfHub(bob) }
    const udp = await ClassicBeater.open({ port: portOf(registry.ready.heartbeat) })
    const control = await readDaemonFile(locations(bob.home).daemonFile)
    assert.ok(control)
    const dialControl = async () => {
      const socket = connect(control.socket)
      socket.on('error', () => {})
      await once(socket, 'connect')
      return socket
    }
    const frontEnd = async () => {
      const socket = await dialControl()
      await proveToDaemon(socket, control.token, AbortSignal.timeout(5_000))
      return socket
    }

    const bobsKey = randomBytes(32)
    const hellos = [await clientHello('parley-registry/1'), await clientHello('parley-peer/1')]
    // None with a password: hashing them is slow on purpose.
    const requests = [
      classicRequests.search('mallory', 'alice'),
      classicRequests.online('mallory'),
      classicRequests.logout('mallory'),
    ]
    const beats = mauled([classicHeartbeat('mallory'), Buffer.from([0xb1, ...randomBytes(31)])])
    const frames = (valid: Uint8Array[]) => fc.oneof(randomBehind([0x00, 0xff]), mauled(valid))
    const links = (to: typeof at, alpn: string) => () => rawClient(to, { identity, ALPNProtocols: [alpn] })
    const rounds: { what: string; runs: number; pieces: fc.Arbitrary<Pieces>; open: () => Promise<Open> }[] = [
      { what: 'the registry’s port', runs: 20, pieces: randomBehind(firstBytes), open: () => tcpClient(at) },
      { what: 'its TLS', runs: 10, pieces: mauled(hellos), open: () => tcpClient(at) },
      { what: 'its classic clients’ side', runs: 8, pieces: mauled(requests), open: () => tcpClient(at) },
      { what: 'its links', runs: 10, pieces: frames(registryFrames), open: links(at, 'parley-registry/1') },
      {
        what: 'its links behind a hello',
        runs: 10,
        pieces: mauled(registryFrames).map(pieces => [registryHello, ...pieces]),
        open: links(at, 'parley-registry/1'),
      },
      { what: 'the hub’s port', runs: 10, pieces: randomBehind(firstBytes), open: () => tcpClient(hub) },
      { what: 'its links', runs: 10, pieces: frames(peerFrames(bobsKey)), open: links(hub, 'parley-peer/1') },
      {
        what: 'its control socket',
        runs: 5,
        pieces: fc.oneof(randomBehind(firstBytes), mauled(controlMessages)),
        open: dialControl,
      },
      {
        what: 'its front ends’ side',
        runs: 10,
        pieces: mauled(controlMessages).map(pieces => [controlHello, ...pieces]),
        open: frontEnd,
      },
    ]
    const attack = async () => {
      for (const { what, runs, pieces, open } of rounds) {
        const thrown = fc.asyncProperty(fc.array(pieces, { minLength: atOnce, maxLength: atOnce }), async many => {
          await Promise.all(many.map(async one => throwBytes(await open(), one)))
        })
        await fc.assert(thrown, { numRuns: runs, endOnFailure: true }).catch(error => {
          throw new Error(`thrown at ${what}`, { cause: error })
        })
      }
      const datagrams = fc.oneof(
        fc.uint8Array({ maxLength: 1_400 }).map(bytes => [bytes]),
        beats,
      )
      await fc.assert(
        fc.asyncProperty(datagrams, many => Promise.all(many.map(one => udp.send(one))).then(() => {})),
        {
          numRuns: 500,
          endOnFailure: true,
        },
      )
    }
    const pids = [registry.pid, bob.hub.pid]
    const memory = () => pids.map(pid => memoryOf(pid) / 1024 ** 2)
    await attack() // what a process keeps once, such as compiled code, is kept now
    let grown: number[] = []
    // What leaks grows with every attack; a heap that only has yet to be swept does not.
    for (let round = 1; round <= 3; round++) {
      const before = memory()
      await attack()
      grown = memory().map((now, index) => now - (before[index] ?? 0))
      if (grown.every(mebibytes => mebibytes < 32)) break
    }
    for (const [index, mebibytes] of grown.entries()) {
      assert.ok(mebibytes < 32, `the ${index === 0 ? 'registry' : 'hub'} holds ${mebibytes.toFixed(1)} MiB more`)
    }
    udp.close()

    const client = await ClassicClient.connect({ port: at.port })
    assert.equal((await client.register('oldtimer', 'secret-9')).code, 20)
    client.close()
    const message = toText(randomBytes(16))
    const { conversation } = await alice.client.request('send', { to: 'bob', text: 'still there?', message })
    await alice.client.request('waitDelivered', { conversation, message, timeout: 10_000 })
    for (const words of [registry.errors(), bob.hub.errors()])
      assert.doesNotMatch(words, /nobody handled|"code":"internal"/)
  })
})

type Open = Awaited<ReturnType<typeof tcpClient>>

async function portOfHub(person: Person): Promise<number> {
  const { hub } = await person.client.request('status', {})
  return portOf(hub?.listen[0] ?? '')
}

/** Resident memory of a process, in bytes; 0 where it cannot be told. */
function memoryOf(pid: number): number {
  if (process.platform !== 'linux') return 0
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}
