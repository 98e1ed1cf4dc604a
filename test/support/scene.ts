import { create } from '@bufbuild/protobuf'
import { ensureHome } from '../../daemon/src/locations.ts'
import { loadOrCreateIdentity } from '../../daemon/src/net/identity.ts'
import { fromText } from '../../daemon/src/protocol/ids.ts'
import { PeopleChangedSchema, type Signed } from '../../daemon/src/protocol/parley_pb.ts'
import { signRoster } from '../../daemon/src/protocol/statements.ts'
import { type Ghost, startGhost } from './ghost.ts'
import { type HubHome, hubHome, password, type RunningHub, startTestHub } from './hub.ts'
import { type LyingRegistry, startLyingRegistry } from './lying-registry.ts'

type Name = 'alice' | 'bob'

/** Two people at a registry that lies as it is told, and a device that it would like to be one of theirs. */
export interface Scene extends AsyncDisposable {
  readonly registry: LyingRegistry
  readonly ghost: Ghost
  readonly alice: RunningHub
  readonly bob: RunningHub
  readonly home: Readonly<Record<Name, HubHome>>
  stop(who: Name): Promise<void>
  /** Starts their hub again, stopped or not. */
  restart(who: Name): Promise<RunningHub>
  /** The next roster of somebody with these fields, signed by their account key or another. */
  roster(
    who: Name,
    changes: Partial<Parameters<typeof signRoster>[0]>,
    by?: Parameters<typeof signRoster>[1],
  ): Promise<Signed>
  /** The registry says that somebody's statements have changed. */
  changed(who: Name, to?: Name): Promise<void>
}

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }

/** Both have signed up; `acquainted`: a first message was delivered as well. */
export async function startScene(changes: Parameters<typeof startTestHub>[1] = {}): Promise<Scene> {
  const stack = new AsyncDisposableStack()
  const registry = stack.use(await startLyingRegistry())
  const ghost = stack.use(await startGhost())
  const home = { alice: stack.use(await hubHome()), bob: stack.use(await hubHome()) }
  const start = (who: Name) => startTestHub(home[who], { reconnect: quick, ...changes })
  const hubs = { alice: await start('alice'), bob: await start('bob') }
  stack.defer(async () => {
    await hubs.alice.hub.close()
    await hubs.bob.hub.close()
  })
  for (const who of ['alice', 'bob'] as const)
    await hubs[who].hub.signUp({ registry: registry.address, name: who, password })
  return {
    registry,
    ghost,
    home,
    get alice() {
      return hubs.alice
    },
    get bob() {
      return hubs.bob
    },
    stop: who => hubs[who].hub.close(),
    async restart(who) {
      await hubs[who].hub.close()
      hubs[who] = await start(who)
      return hubs[who]
    },
    async roster(who, changes, by) {
      const { user, deviceKey } = registry.member(who)
      const key = await loadOrCreateIdentity(ensureHome(home[who].path).accountKey(registry.fake.id))
      const devices = [{ key: new Uint8Array(deviceKey), name: 'laptop', added: 1 }]
      const fields = { registry: registry.fake.id, user, generation: 1, version: 2, devices, revoked: new Set<never>() }
      return signRoster({ ...fields, ...changes }, by ?? key.privateKey)
    },
    async changed(who, to = who === 'bob' ? 'alice' : 'bob') {
      const users = [fromText(registry.member(who).user)]
      await registry.tell(to, { case: 'peopleChanged', value: create(PeopleChangedSchema, { users }) })
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** As {@link startScene}, with a first message of alice's that bob has. */
export async function startAcquainted(changes: Parameters<typeof startTestHub>[1] = {}): Promise<Scene> {
  const scene = await startScene(changes)
  try {
    const sent = await scene.alice.say('bob', 'hello')
    await scene.alice.hub.waitDelivered({ ...sent, timeout: 10_000 })
    return scene
  } catch (error) {
    await scene[Symbol.asyncDispose]()
    throw error
  }
}
