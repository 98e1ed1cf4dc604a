import net from 'node:net'
import tls from 'node:tls'
import { create } from '@bufbuild/protobuf'
import { Dialer } from '../../daemon/src/net/dial.ts'
import { createIdentity, type Identity } from '../../daemon/src/net/identity.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import { linkTls } from '../../daemon/src/net/tls.ts'
import { AskRelaySchema, LookUpSchema } from '../../daemon/src/protocol/parley_pb.ts'
import { type Process, startProcess } from '../support/processes.ts'
import { portOf, type RegistryReady } from '../support/team.ts'
import { compare, measureRate, type Plan, printLine, type Rate } from './measure.ts'
import { signIn } from './sign-in.ts'

const floors = `${import.meta.dirname}/floors`
/** Bytes of one message, and how many go in one write where many are in flight. */
const size = 256
const many = 16
/** Pairs that are enough to keep both processors busy. */
const few = 32

/** Two ends of a connection through something. */
type Pair = readonly [net.Socket, net.Socket]
/** What each end of a new pair says first. */
type Begin = () => Promise<readonly [Buffer, Buffer]>

/**
 * The relay beside a bare pipe of Node, and with the TLS of links inside beside a bare router of TLS: messages and their
 * echoes over 200 pairs; how even their shares are; and what one pair that floods does to the others.
 */
export async function benchRelay(
  stack: AsyncDisposableStack,
  registry: RegistryReady,
  identities: readonly Identity[],
  { duration, rounds }: Plan,
): Promise<void> {
  // Under a minute in all.
  const plan = { duration, rounds: Math.min(rounds, 3) }
  const members = await signInAll(stack, registry, identities)
  const relayPort = portOf(registry.listen)
  const pipe = await startFloor(stack, [])
  const router = await startFloor(stack, ['tls'])
  const begin = beginWith(members)

  const relayed = await connectAll(stack, relayPort, members.length, begin)
  const piped = await connectAll(stack, pipe, members.length, numbered())
  for (const [pairs, count] of [
    [few, 1],
    [few, many],
    [members.length, 1],
  ] as const) {
    const echo = (all: readonly Pair[]) => (duration: number) => measureEcho(all.slice(0, pairs), count, duration)
    await compare(`relay, ${pairs} pairs, ${count} in flight`, plan, echo(relayed), echo(piped))
  }
  await printShares(relayed, piped, plan)
  await printFlood(stack, { relayed, relayPort, begin, piped, pipe, plan })

  const identity = await createIdentity()
  const inside = await connectAll(stack, relayPort, few, begin)
  const secured = await Promise.all(inside.map(pair => secure(pair, identity)))
  const routed = await connectAll(stack, router, few, numbered(), identity)
  const echo = (pairs: readonly Pair[]) => (duration: number) => measureEcho(pairs, many, duration)
  await compare(`links in the relay, ${many} in flight`, plan, echo(secured), echo(routed))
}

interface Member {
  readonly link: Link
  readonly user: Uint8Array
  readonly device: Uint8Array
  /** Tickets that it was offered. */
  readonly offers: Uint8Array[]
}

async function signInAll(
  stack: AsyncDisposableStack,
  registry: RegistryReady,
  identities: readonly Identity[],
): Promise<Member[]> {
  return Promise.all(
    identities.map(async (identity, n) => {
      const dialer = new Dialer({ identity })
      stack.defer(() => dialer.close())
      const link = await signIn(registry, dialer, '127.0.0.1')
      const offers: Uint8Array[] = []
      link.handle({ event: is => void (is.case === 'relayOffered' && offers.push(is.value.ticket)) })
      const found = await link.request({ case: 'lookUp', value: create(LookUpSchema, { name: `bench-${n}` }) })
      if (found.case !== 'lookedUp' || !found.value.person) throw new Error('the registry knows nobody')
      return { link, user: found.value.person.user, device: identity.id, offers }
    }),
  )
}

/** Each asks for the next one; the round after, for the one after that. */
function beginWith(members: readonly Member[]): Begin {
  let turn = 0
  return async () => {
    const from = members[turn % members.length]
    const to = members[(turn + 1 + Math.floor(turn / members.length)) % members.length]
    turn++
    if (!from || !to) throw new Error('there is nobody to connect')
    const before = to.offers.length
    const value = create(AskRelaySchema, { user: to.user, device: to.device })
    const reply = await from.link.request({ case: 'askRelay', value })
    while (to.offers.length === before) await new Promise(resolve => setImmediate(resolve))
    const offered = to.offers.at(-1)
    if (reply.case !== 'relay' || !offered) throw new Error('the registry gave no ticket')
    const first = (ticket: Uint8Array) => Buffer.concat([Buffer.from([0x50]), ticket])
    return [first(reply.value.ticket), first(offered)]
  }
}

function numbered(): Begin {
  let pair = 0
  return async () => {
    const first = Buffer.alloc(4)
    first.writeUInt32BE(pair++)
    return [first, first]
  }
}

async function startFloor(stack: AsyncDisposableStack, args: string[]): Promise<number> {
  const floor: Process<{ address: { port: number } }> = stack.use(await startProcess(`${floors}/pipe.ts`, args))
  return floor.ready.address.port
}

async function connectAll(
  stack: AsyncDisposableStack,
  port: number,
  count: number,
  begin: Begin,
  identity?: Identity,
): Promise<Pair[]> {
  const pairs: Pair[] = []
  for (let n = 0; n < count; n++) {
    const [near, far] = (await begin()).map(first => connect(port, first, identity))
    if (!near || !far) throw new Error('a pair has two ends')
    await Promise.all([answered(near), answered(far)])
    for (const end of [near, far]) stack.defer(() => void end.destroy())
    pairs.push([near, far])
  }
  return pairs
}

function connect(port: number, first: Buffer, identity?: Identity): net.Socket {
  const at = { host: '127.0.0.1', port }
  const socket = identity
    ? tls.connect({ ...at, secureContext: tls.createSecureContext(linkTls(identity)), rejectUnauthorized: false })
    : net.connect(at)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.write(first)
  return socket
}

function answered(socket: net.Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('a connection was closed')))
    socket.once('data', () => {
      socket.pause()
      resolve()
    })
  })
}

/** The TLS of a link inside a pair, from end to end. */
async function secure([near, far]: Pair, identity: Identity): Promise<Pair> {
  const context = linkTls(identity)
  const server = tls.createServer({ ...context, requestCert: true, rejectUnauthorized: false })
  const accepted = new Promise<net.Socket>(resolve => server.once('secureConnection', resolve))
  server.emit('connection', far)
  const options = { socket: near, secureContext: tls.createSecureContext(context), rejectUnauthorized: false }
  const dialled = await new Promise<net.Socket>(resolve => {
    const socket: tls.TLSSocket = tls.connect(options, () => resolve(socket))
  })
  return [dialled, await accepted]
}

/** Messages a second that come back, `count` at a time from each pair. */
async function measureEcho(pairs: readonly Pair[], count: number, duration: number): Promise<Rate> {
  const talks = pairs.map(pair => new Talk(pair, count * size))
  try {
    const rate = await measureRate(pairs.length, duration, lane => talks[lane]?.turn() ?? Promise.resolve())
    return { ...rate, perSecond: rate.perSecond * count }
  } finally {
    for (const talk of talks) talk.end()
  }
}

/** One end says something, the other echoes it. */
class Talk {
  turns = 0
  readonly #near: net.Socket
  readonly #far: net.Socket
  readonly #bytes: Buffer
  readonly #echo: (chunk: Buffer) => void
  readonly #heard: (chunk: Buffer) => void
  #left = 0
  #resolve: () => void = () => {}

  constructor([near, far]: Pair, bytes: number) {
    this.#near = near
    this.#far = far
    this.#bytes = Buffer.alloc(bytes)
    this.#echo = chunk => void far.write(chunk)
    this.#heard = chunk => {
      this.#left -= chunk.length
      if (this.#left > 0) return
      this.turns++
      this.#resolve()
    }
    far.on('data', this.#echo).resume()
    near.on('data', this.#heard).resume()
  }

  turn(): Promise<void> {
    this.#left = this.#bytes.length
    this.#near.write(this.#bytes)
    return new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  end(): void {
    this.#far.off('data', this.#echo)
    this.#near.off('data', this.#heard)
  }
}

/** How far the busiest of all pairs is ahead of the slowest when each talks as fast as it can. */
async function printShares(relayed: readonly Pair[], piped: readonly Pair[], { duration }: Plan): Promise<void> {
  const spread = async (pairs: readonly Pair[]) => {
    const talks = pairs.map(pair => new Talk(pair, size))
    await measureRate(pairs.length, 2 * duration, lane => talks[lane]?.turn() ?? Promise.resolve())
    for (const talk of talks) talk.end()
    const turns = talks.map(talk => talk.turns)
    return Math.max(...turns) / Math.max(1, Math.min(...turns))
  }
  const [ours, floor] = [await spread(relayed), await spread(piped)]
  printLine('relay, most to least of 200 pairs', ours.toFixed(3), floor.toFixed(3), (ours / floor).toFixed(2))
}

/** The p99 of 20 pairs, alone and beside one that floods, through the relay and through the bare pipe. */
async function printFlood(
  stack: AsyncDisposableStack,
  parts: {
    relayed: readonly Pair[]
    relayPort: number
    begin: Begin
    piped: readonly Pair[]
    pipe: number
    plan: Plan
  },
): Promise<void> {
  const { relayed, relayPort, begin, piped, pipe, plan } = parts
  const measure = async (pairs: readonly Pair[], port: number, begin: Begin) => {
    const quiet = pairs.slice(0, 20)
    const before = await measureEcho(quiet, 1, 2 * plan.duration)
    const firsts = (await begin()).map(first => first.toString('hex'))
    const flood = stack.use(await startProcess(`${floors}/flood.ts`, [`${port}`, ...firsts]))
    const beside = await measureEcho(quiet, 1, 2 * plan.duration)
    await flood.stop()
    return { before, beside }
  }
  const last = async () => [Buffer.from('fffffffe', 'hex'), Buffer.from('fffffffe', 'hex')] as const
  const ours = await measure(relayed, relayPort, begin)
  const floor = await measure(piped, pipe, last)
  const words = ({ before, beside }: typeof ours) => `p99 ${before.p99.toFixed(2)} to ${beside.p99.toFixed(2)} ms`
  const grown = (ours.beside.p99 / ours.before.p99 / (floor.beside.p99 / floor.before.p99)).toFixed(2)
  printLine('relay, beside one pair that floods', words(ours), words(floor), grown)
}
