import { create } from '@bufbuild/protobuf'
import { Dialer } from '../../daemon/src/net/dial.ts'
import type { Identity } from '../../daemon/src/net/identity.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import { fromText } from '../../daemon/src/protocol/ids.ts'
import { RegistryHelloSchema, SignInSchema } from '../../daemon/src/protocol/parley_pb.ts'
import type { RegistryReady } from '../support/team.ts'
import { bareContext, dialBare, startBareTls } from './bare-tls.ts'
import { measureRate, printRate } from './measure.ts'

const lanes = 8

/** Key sign-ins per second, dial and hello included, against bare mutual-TLS handshakes. */
export async function benchSignIn(
  registry: RegistryReady,
  identities: readonly Identity[],
  duration: number,
): Promise<void> {
  await using floor = await startBareTls()
  const dialers = identities.map(identity => new Dialer({ identity }))
  const perLane = Math.floor(dialers.length / lanes)
  const ours = await measureRate(lanes, duration, async (lane, turn) => {
    const dialer = dialers[lane * perLane + (turn % perLane)]
    if (!dialer) throw new Error('there are fewer accounts than lanes')
    const link = await signIn(registry, dialer, `127.0.2.${1 + (turn % 200)}`)
    link.close()
  })
  const contexts = identities.slice(0, lanes).map(bareContext)
  const bare = await measureRate(lanes, duration, async (lane, turn) => {
    const context = contexts[lane]
    if (!context) throw new Error('there are fewer accounts than lanes')
    const socket = await dialBare(floor.ready.address.port, context, `127.0.2.${1 + (turn % 200)}`)
    socket.destroy()
  })
  for (const dialer of dialers) dialer.close()
  printRate('key sign-ins', ours, bare)
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
