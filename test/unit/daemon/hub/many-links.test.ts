import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { asParleyError } from '../../../../daemon/src/errors.ts'
import { busyWords } from '../../../../daemon/src/hub/admission.ts'
import { helloTo } from '../../../../daemon/src/hub/peer-hello.ts'
import { ask } from '../../../../daemon/src/hub/registry/open.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { Dialer } from '../../../../daemon/src/net/dial.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import { readHostPort } from '../../../../daemon/src/protocol/addresses.ts'
import { deviceId } from '../../../../daemon/src/protocol/ids.ts'
import { publicKeyOf } from '../../../../daemon/src/protocol/keys.ts'
import { startFakeRegistry } from '../../../support/fake-registry.ts'
import { hubHome, password, type RunningHub, startTestHub } from '../../../support/hub.ts'
import { alpn, testLog } from '../../../support/links.ts'
import { makePerson, type TestRegistry } from '../../../support/statements.ts'
import { until } from '../../../support/wait.ts'

setFlagsFromString('--expose-gc')

describe('a hub that others link to', () => {
  it('keeps as many links as it may, on real sockets: more are refused and told why, whenever they come', async function () {
    this.timeout(60_000)
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    const { privateKey, spki } = registry.identity
    const key = { privateKey, spki, publicKey: publicKeyOf(spki), id: registry.id }
    using crowd = new Crowd(alice, key)
    const [heapBefore, cpuBefore] = [heap(), process.cpuUsage()]
    while (crowd.alive < limits.peerLinks - 64) await crowd.dial(64)
    // Those that come in one moment are judged one beside the other.
    await crowd.dial(84)
    await until('whoever is too many has gone', () => crowd.alive <= limits.peerLinks)
    const { user, system } = process.cpuUsage(cpuBefore)
    assert.equal(crowd.alive, limits.peerLinks)
    assert.deepEqual(await crowd.dial(2), [busyWords, busyWords])
    const each = (heap() - heapBefore) / limits.peerLinks / 1024
    assert.ok(each < 400, `${Math.round(each)} KiB for both ends of a link`)
    const worked = (user + system) / 1000 / limits.peerLinks
    assert.ok(worked < 60, `${worked} ms of the processor for both ends of a link`)
  })
})

/** People of alice's team whose hubs do nothing but link to hers. */
class Crowd implements Disposable {
  readonly #hub: RunningHub
  readonly #registry: TestRegistry
  readonly #links = new Set<Link>()
  readonly #dialers: Dialer[] = []
  #count = 0

  constructor(hub: RunningHub, registry: TestRegistry) {
    this.#hub = hub
    this.#registry = registry
  }

  get alive(): number {
    return [...this.#links].filter(({ signal }) => !signal.aborted).length
  }

  /** So many more dial at once: gives what became of each. */
  dial(count: number): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => this.#dial(`person${++this.#count}`)))
  }

  async #dial(name: string): Promise<string> {
    const identity = await createIdentity()
    const person = makePerson(this.#registry, name, Date.now())
    const device = { id: deviceId(identity.id), key: identity.spki, name: 'laptop', added: 1 }
    const [attestation, roster] = [person.attest(), person.listDevices({ devices: [device] })]
    const papers = { registry: this.#registry.id, device: device.id, attestation, roster, now: Date.now }
    const dialer = new Dialer({ identity, log: testLog() })
    this.#dialers.push(dialer)
    const { host, port } = readHostPort(this.#hub.hub.status().listen[0] ?? '', 1)
    const link = await dialer.dial({ host, port, alpn })
    link.handle({ event: async () => undefined })
    try {
      await ask(link, { case: 'peerHello', value: helloTo(link.peerId, papers) }, 'peerHello')
    } catch (error) {
      link.close()
      return asParleyError(error).message
    }
    link.established()
    link.allowLargeFrames()
    this.#links.add(link)
    return 'linked'
  }

  [Symbol.dispose](): void {
    for (const dialer of this.#dialers) dialer.close()
  }
}

function heap(): number {
  const collect: () => void = runInNewContext('gc')
  collect()
  return process.memoryUsage().heapUsed
}
