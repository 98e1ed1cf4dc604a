import { create } from '@bufbuild/protobuf'
import { Dialer } from '../../daemon/src/net/dial.ts'
import type { Identity } from '../../daemon/src/net/identity.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import { fromText } from '../../daemon/src/protocol/ids.ts'
import { RegistryHelloSchema, SignInSchema } from '../../daemon/src/protocol/parley_pb.ts'
import type { RegistryReady } from '../support/team.ts'
import { bareContext, dialBare, startBareTls } from './bare-tls.ts'
import { compare, measureRate, type Plan } from './measure.ts'

const lanes = 8

/**
 * Key sign-ins per second, dial and hello included, against bare mutual-TLS handshakes with the same keys. Both close as
 * TLS has it.
 */
export async function benchSignIn(
  stack: AsyncDisposableStack,
  registry: RegistryReady,
  identities: readonly Identity[],
  plan: Plan,
): Promise<void> {
  const floor = stack.use(await startBareTls())
  const dialers = identities.map(identity => new Dialer({ identity }))
  const contexts = identities.map(bareContext)
  // Each lane has devices of its own: a device's new sign-in would end its old one.
  const perLane = Math.floor(identities.length / lanes)
  const deviceOf = (lane: number, turn: number) => lane * perLane + (turn % perLane)
  const ours = async (lane: number, turn: number) => {
    const dialer = dialers[deviceOf(lane, turn)]
    if (dialer) (await signIn(registry, dialer, addressOf(turn))).close()
  }
  const bare = async (lane: number, turn: number) => {
    const context = contexts[deviceOf(lane, turn)]
    if (context) (await dialBare(floor.ready.address.port, context, addressOf(turn))).end()
  }
  await compare(
    'key sign-ins',
    plan,
    duration => measureRate(lanes, duration, ours),
    duration => measureRate(lanes, duration, bare),
  )
  for (const dialer of dialers) dialer.close()
}

function addressOf(turn: number): string {
  return `127.0.2.${1 + (turn % 200)}`
}

/** Dials, says hello, signs in by the device key. */
export async function signIn(registry: RegistryReady, dialer: Dialer, localAddress: string): Promise<Link> {
  const { listen, registryId } = registry
  const at = listen.lastIndexOf(':')
  const link = await dialer.dial({
    host: listen.slice(0, at),
    port: Number(listen.slice(at + 1)),
    alpn: 'parley-registry/1',
    expect: fromText(registryId),
    localAddress,
  })
  await link.request({ case: 'registryHello', value: create(RegistryHelloSchema, { versions: [1] }) })
  link.established()
  await link.request({ case: 'signIn', value: create(SignInSchema) })
  link.allowLargeFrames()
  return link
}
