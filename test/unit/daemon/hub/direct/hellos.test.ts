import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../../../../../daemon/src/errors.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { dialLink } from '../../../../../daemon/src/net/dial.ts'
import { createIdentity, type Identity } from '../../../../../daemon/src/net/identity.ts'
import { PersonRowSchema } from '../../../../../daemon/src/protocol/account_rows_pb.ts'
import { deviceId, directUserId, fromText, noRegistry, userId } from '../../../../../daemon/src/protocol/ids.ts'
import { generateKeyPair } from '../../../../../daemon/src/protocol/keys.ts'
import { PeerHelloSchema, type Signed } from '../../../../../daemon/src/protocol/parley_pb.ts'
import {
  type Attestation,
  issueAttestation,
  type Roster,
  signRoster,
} from '../../../../../daemon/src/protocol/statements.ts'
import { hubHome, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { alpn, within } from '../../../../support/links.ts'
import { addressOf, peopleOf } from '../../../../support/strangers.ts'

type Hello = MessageInitShape<typeof PeerHelloSchema>

const hour = 3600_000

describe('hub: the hello of somebody of no team', function () {
  this.timeout(20_000)

  it('is kept as a request when it holds, and learns nothing of whom it asks', async () => {
    await using home = await hubHome()
    await using bob = await startTestHub(home)
    const stranger = await aStranger('mallory')
    assert.deepEqual(await answerTo(bob, stranger, stranger.hello(bob)), {
      code: 'asked',
      message: 'Your request is kept here until somebody answers it.',
    })
    const [request] = bob.hub.snapshot().requests
    assert.deepEqual([request?.name, request?.address, request?.id], ['mallory', '127.0.0.1:5858', stranger.user])
    assert.deepEqual(peopleOf(bob), [])
    assert.deepEqual(
      await answerTo(bob, stranger, stranger.hello(bob)),
      await answerTo(bob, stranger, stranger.hello(bob)),
    )
    assert.equal(bob.hub.snapshot().requests.length, 1, 'the same key again is the same request')
  })

  const lies: Record<string, (stranger: Stranger, bob: RunningHub) => Hello> = {
    'an attestation that another key has signed': stranger => ({
      attestation: stranger.attest({}, generateKeyPair().privateKey),
    }),
    'a user id that is not of the account key': stranger => {
      const user = userId(randomBytes(16))
      return { attestation: stranger.attest({ user }), roster: stranger.list({ user }) }
    },
    'an attestation of somebody else': () => ({ attestation: anotherAttestation() }),
    'an attestation that has expired': stranger => {
      const now = Date.now()
      return { attestation: stranger.attest({ issued: now - 3 * hour, expires: now - hour }) }
    },
    'an attestation that names a registry': stranger => ({
      attestation: stranger.attest({ registry: deviceId(randomBytes(32)) as unknown as typeof noRegistry }),
    }),
    'a second account key': stranger => ({
      attestation: stranger.attest({ generation: 2 }),
      roster: stranger.list({ generation: 2 }),
    }),
    'no attestation': () => ({ attestation: undefined as unknown as Signed }),
    'an attestation of random bytes': stranger => ({
      attestation: { ...stranger.attest(), payload: randomBytes(200) },
    }),
    'a roster that another key has signed': stranger => ({ roster: stranger.list({}, generateKeyPair().privateKey) }),
    'a roster without this device': stranger => ({
      roster: stranger.list({ devices: [{ key: generateKeyPair().spki, name: 'laptop', added: 1 }] }),
    }),
    'no roster': () => ({ roster: undefined as unknown as Signed }),
    'another version': () => ({ versions: [7] }),
    'another device than this one': () => ({ expected: randomBytes(32) }),
  }
  for (const [what, lie] of Object.entries(lies)) {
    it(`is refused like any stranger's, and kept nowhere, with ${what}`, async () => {
      await using home = await hubHome()
      await using bob = await startTestHub(home)
      const stranger = await aStranger('mallory')
      const hello = stranger.hello(bob, lie(stranger, bob))
      const refused = await answerTo(bob, stranger, hello)
      assert.deepEqual(refused, { code: 'stranger', message: 'This hub does not know you.' })
      assert.deepEqual([bob.hub.snapshot().requests, peopleOf(bob)], [[], []])
    })
  }

  it('is cut off when it is too large', async () => {
    await using home = await hubHome()
    await using bob = await startTestHub(home)
    const stranger = await aStranger('mallory')
    const roster = stranger.list()
    const hello = stranger.hello(bob, { roster: { ...roster, payload: randomBytes(80_000) } })
    assert.notEqual((await answerTo(bob, stranger, hello)).code, 'asked')
    assert.deepEqual(bob.hub.snapshot().requests, [])
  })

  it('with a clock that is far off is told so, and nobody here is warned of a stranger', async () => {
    await using home = await hubHome()
    await using bob = await startTestHub(home)
    const stranger = await aStranger('mallory')
    const hello = stranger.hello(bob, { time: BigInt(Date.now() - hour) })
    assert.equal((await answerTo(bob, stranger, hello)).code, 'clock')
    assert.deepEqual(bob.hub.status().warnings, [])
  })

  it('finds room for a few from one address, and the first ones stay', async () => {
    await using home = await hubHome()
    await using bob = await startTestHub(home)
    const strangers = await Promise.all(Array.from({ length: 8 }, (_, number) => aStranger(`flood-${number}`)))
    for (const stranger of strangers) {
      assert.equal(
        (await answerTo(bob, stranger, stranger.hello(bob))).code,
        'asked',
        'nobody learns that there is no room',
      )
    }
    const names = bob.hub.snapshot().requests.map(({ name }) => name)
    assert.deepEqual(names, ['flood-0', 'flood-1', 'flood-2', 'flood-3', 'flood-4'])
  })

  it('waits for an answer where everybody is accepted but nobody could list them all any more', async () => {
    await using home = await hubHome()
    const accepted = await Promise.all(
      Array.from({ length: limits.strangersAccepted - 1 }, (_, number) => aStranger(`friend-${number}`)),
    )
    for (const { user, attest, list } of accepted) {
      const row = create(PersonRowSchema, { attestation: attest(), roster: list() })
      await home.storage.write([{ put: `peer/${noRegistry}/${user}`, value: toBinary(PersonRowSchema, row) }])
    }
    await using bob = await startTestHub(home)
    await bob.hub.strangers.setRequestPolicy({ policy: 'accept' })
    const [first, second] = [await aStranger('first'), await aStranger('second')]
    await assert.rejects(answerTo(bob, first, first.hello(bob)), /was let in/)
    assert.equal((await answerTo(bob, second, second.hello(bob))).code, 'asked')
    const names = bob.hub.snapshot().requests.map(({ name }) => name)
    assert.deepEqual(names, ['second'])
    assert.equal(peopleOf(bob).length, limits.strangersAccepted)
  })
})

interface Stranger {
  readonly identity: Identity
  readonly user: string
  attest(changes?: Partial<Attestation>, by?: Parameters<typeof issueAttestation>[1]): Signed
  list(changes?: Partial<Parameters<typeof signRoster>[0]>, by?: Parameters<typeof signRoster>[1]): Signed
  hello(to: RunningHub, changes?: Hello): Hello
}

/** Somebody who says by hand what their account key has signed. */
async function aStranger(name: string): Promise<Stranger> {
  const identity = await createIdentity()
  const account = generateKeyPair()
  const user = directUserId(account.spki)
  const now = Date.now()
  const said: Attestation = {
    registry: noRegistry,
    user,
    name,
    displayName: name,
    accountKey: account.spki,
    generation: 1,
    denied: new Set(),
    issued: now - 1000,
    expires: now + hour,
  }
  const listed: Parameters<typeof signRoster>[0] = {
    ...({ registry: noRegistry, user, generation: 1, version: 1, revoked: new Set() } satisfies Partial<Roster>),
    devices: [{ key: identity.spki, name: 'laptop', added: now }],
  }
  const attest: Stranger['attest'] = (changes = {}, by = account.privateKey) =>
    issueAttestation({ ...said, ...changes }, by)
  const list: Stranger['list'] = (changes = {}, by = account.privateKey) => signRoster({ ...listed, ...changes }, by)
  return {
    identity,
    user,
    attest,
    list,
    hello: (to, changes = {}) => ({
      versions: [1],
      expected: fromText(to.hub.device),
      time: BigInt(Date.now()),
      registry: fromText(noRegistry),
      attestation: attest(),
      roster: list(),
      port: 5858,
      ...changes,
    }),
  }
}

function anotherAttestation(): Signed {
  const account = generateKeyPair()
  const now = Date.now()
  const user = directUserId(account.spki)
  const words = { registry: noRegistry, user, name: 'other', displayName: 'other', accountKey: account.spki }
  return issueAttestation(
    { ...words, generation: 1, denied: new Set(), issued: now - 1000, expires: now + hour },
    account.privateKey,
  )
}

/** The failure that a hello is answered with, once the link is closed. */
async function answerTo(
  hub: RunningHub,
  { identity }: Stranger,
  hello: Hello,
): Promise<{ code: string; message: string }> {
  const [host = '', port] = addressOf(hub).split(':')
  const link = await dialLink({ host, port: Number(port), alpn, identity })
  try {
    await link.request({ case: 'peerHello', value: create(PeerHelloSchema, hello) })
    return assert.fail('a stranger was let in')
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
    await within('the end of the link', link.closed)
    return { code: error.code, message: error.message }
  } finally {
    link.close()
  }
}
