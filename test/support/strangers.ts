import type { PersonInfo } from '../../daemon/src/protocol/control.ts'
import { type HubHome, hubHome, type RunningHub, startTestHub } from './hub.ts'

/** Two homes without a team, each with a running hub; either may be started again. */
export interface TwoHomes extends AsyncDisposable {
  readonly alice: RunningHub
  readonly bob: RunningHub
  /** Stops that hub, then starts it again on the same port, or on any free one. */
  restart(who: 'alice' | 'bob', at?: 'same port' | 'another port'): Promise<RunningHub>
  stop(who: 'alice' | 'bob'): Promise<void>
}

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }

export async function twoHomes(): Promise<TwoHomes> {
  const homes: Record<'alice' | 'bob', HubHome> = { alice: await hubHome(), bob: await hubHome() }
  const start = (who: 'alice' | 'bob', listen = '127.0.0.1:0') => {
    return startTestHub(homes[who], { reconnect: quick, options: { listen: [listen] } })
  }
  const hubs = { alice: await start('alice'), bob: await start('bob') }
  for (const who of ['alice', 'bob'] as const)
    await hubs[who].hub.strangers.connect({ address: '127.0.0.1:1', name: who }).catch(() => {})
  return {
    get alice() {
      return hubs.alice
    },
    get bob() {
      return hubs.bob
    },
    async stop(who) {
      await hubs[who].hub.close()
    },
    async restart(who, at = 'same port') {
      const address = addressOf(hubs[who])
      await hubs[who].hub.close()
      hubs[who] = await start(who, at === 'same port' ? address : undefined)
      return hubs[who]
    },
    async [Symbol.asyncDispose]() {
      for (const hub of Object.values(hubs)) await hub.hub.close()
      for (const home of Object.values(homes)) await home[Symbol.asyncDispose]()
    },
  }
}

/** alice has asked and bob has accepted; both know that they are linked. */
export async function acquainted(): Promise<TwoHomes> {
  const two = await twoHomes()
  try {
    await two.alice.hub.strangers.connect({ address: addressOf(two.bob) })
    await answer(two.bob, 'accept')
    await linked(two)
    return two
  } catch (error) {
    await two[Symbol.asyncDispose]()
    throw error
  }
}

export async function linked({ alice, bob }: TwoHomes): Promise<void> {
  await alice.seen('bob is online', () => peopleOf(alice).some(isOnline))
  await bob.seen('alice is online', () => peopleOf(bob).some(isOnline))
}

/** Answers the request that comes first. */
export async function answer(by: RunningHub, given: 'accept' | 'decline' | 'block') {
  const request = await by.seen('a request', () => by.hub.snapshot().requests[0])
  return by.hub.strangers.answerRequest({ id: request.id, answer: given })
}

export const isOnline = ({ status }: PersonInfo) => status === 'online'

export function peopleOf({ hub }: RunningHub): readonly PersonInfo[] {
  return hub.people().people
}

export function addressOf({ hub }: RunningHub): string {
  const [address] = hub.status().listen
  if (!address) throw new Error('This hub listens nowhere.')
  return address
}
