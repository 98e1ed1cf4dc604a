import { create } from '@bufbuild/protobuf'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Dialer } from '../../net/dial.ts'
import type { Link } from '../../net/link.ts'
import { type DeviceId, deviceId, fromText, type RegistryId, registryId } from '../../protocol/ids.ts'
import { idOfKey } from '../../protocol/keys.ts'
import { type Chain, extendChain, firstChain, readChain } from '../../protocol/notices.ts'
import { RegistryHelloSchema, type RegistryWelcome, type Reply, type Request } from '../../protocol/parley_pb.ts'
import { harmless } from '../words.ts'

/** The protocol of links to a registry (ALPN). */
export const registryProtocol = 'parley-registry/1'

/** The versions of the registry protocol that this program speaks. */
const registryVersions: readonly number[] = [1]

/** A link to a registry that has said hello; nobody has signed in on it yet. */
export interface RegistryLink {
  readonly link: Link
  readonly registry: RegistryId
  /** Who speaks for it: the key that TLS has shown is of this chain. */
  readonly chain: Chain
  readonly welcome: RegistryWelcome
  /** The registry's time in ms, now. */
  time(): number
}

/**
 * Dials a registry and says hello. With `expect` nobody but the registry of that id is talked to; without it, whoever
 * answers is taken for the registry: the caller pins it. A registry that shows a key not known here is asked for its
 * notices and nothing else: it is the one expected if they lead to that key.
 *
 * @throws ParleyError `unreachable`, `wrong-key`, `forged`, `too-old`, `bad-frame`; `clock` for a time that is far off
 */
export async function openRegistry(options: {
  readonly host: string
  readonly port: number
  readonly expect: RegistryId | undefined
  /** Who speaks for it, as far as is known here. */
  readonly chain?: Chain | undefined
  /** Of this device. */
  readonly dialer: Dialer
  readonly device: DeviceId
  /** Wall clock in ms. */
  readonly now: () => number
  readonly signal: AbortSignal
}): Promise<RegistryLink> {
  const { host, port, expect, chain, dialer, device, now, signal } = options
  const target = { host, port, alpn: registryProtocol, signal }
  const greet = async (link: Link) => {
    try {
      if (deviceId(link.peerId) === device) throw new ParleyError('wrong-key', itself)
      const registry = await greetRegistry(link, signal, { registry: expect, chain })
      refuseOtherTime(registry.time() - now())
      return registry
    } catch (error) {
      link.close()
      throw error
    }
  }
  if (!expect) return greet(await dialer.dial(target))
  const id = chain ? idOfKey(chain.key) : fromText(expect)
  const dialled = await dialer.dial({ ...target, expect: id }).catch((error: unknown) => asParleyError(error))
  if (!(dialled instanceof ParleyError)) return greet(dialled)
  if (dialled.code !== 'wrong-key') throw dialled
  return greet(await dialer.dial(target)).catch(error => {
    const { code } = asParleyError(error)
    throw code === 'wrong-key' || code === 'unreachable' ? dialled : error
  })
}

/**
 * Says hello over a link that was dialled to a registry, `expected` or any.
 * @throws ParleyError `wrong-key`, `forged`, `bad-signature`, `too-old`, `bad-frame`, `timeout`, `closed`
 */
export async function greetRegistry(
  link: Link,
  signal: AbortSignal,
  expected: { readonly registry?: RegistryId | undefined; readonly chain?: Chain | undefined } = {},
): Promise<RegistryLink> {
  const before = performance.now()
  const hello = create(RegistryHelloSchema, { versions: [...registryVersions] })
  const welcome = await ask(link, { case: 'registryHello', value: hello }, 'registryWelcome', signal)
  const after = performance.now()
  if (!registryVersions.includes(welcome.version)) throw new ParleyError('too-old', other)
  if (welcome.time >= 1n << 48n) throw new ParleyError('bad-frame', 'The registry told a time that does not exist.')
  const chain = chainOf(welcome, link, expected)
  link.established()
  // The time was read somewhere between question and answer: the middle is off by half the round trip at most.
  const offset = Number(welcome.time) - (before + after) / 2
  const time = () => performance.now() + offset
  return { link, registry: chain.registry, chain, welcome, time }
}

/**
 * Who speaks for the registry at the other end. The key that TLS has shown must be the present one; or the one that was
 * known for it until now, of a registry that has changed its key a moment ago.
 */
function chainOf(
  { registry: id, notices }: RegistryWelcome,
  link: Link,
  expected: { readonly registry?: RegistryId | undefined; readonly chain?: Chain | undefined },
): Chain {
  const shown = firstChain(link.peerKey)
  // An id that no notice leads from is only a claim.
  const registry = expected.registry ?? (notices.length > 0 ? registryId(id) : shown.registry)
  const before = expected.chain ?? (shown.registry === registry ? shown : undefined)
  const chain = before ? extendChain(before, notices) : readChain(registry, notices)
  const isShown = [chain.key, before?.key].some(key => key && Buffer.from(key).equals(link.peerKey))
  if (chain.registry === registry && isShown) return chain
  throw new ParleyError('wrong-key', 'What answers has not the key of the registry that was expected.')
}

/** What is written goes by the registry's time, for ever: a log never goes back. So it is not taken from just anywhere. */
function refuseOtherTime(apart: number): void {
  if (Math.abs(apart) <= limits.registrySkew) return
  const hours = Math.round(Math.abs(apart) / 3600_000)
  throw new ParleyError(
    'clock',
    `The team's clock is ${hours} hours ${apart > 0 ? 'ahead of' : 'behind'} this computer's. Set right the one that is wrong.`,
  )
}

/**
 * One request whose reply must be of the kind `want`.
 *
 * @throws ParleyError what the other side refused with, `timeout`, `closed`; `bad-frame` for a reply of another kind
 */
export async function ask<K extends NonNullable<Reply['is']['case']>>(
  link: Link,
  is: Request['is'],
  want: K,
  signal?: AbortSignal,
): Promise<Replies[K]> {
  return expectReply(await request(link, is, signal), want)
}

/** One request; the words of a refusal come from another program and are made harmless. */
export async function request(link: Link, is: Request['is'], signal?: AbortSignal): Promise<Reply['is']> {
  try {
    return await link.request(is, signal ? { signal } : {})
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
    const { code, message, retryAfter } = error
    throw new ParleyError(code, harmless(message), { cause: error, ...(retryAfter ? { retryAfter } : {}) })
  }
}

type Replies = { [K in NonNullable<Reply['is']['case']>]: Extract<Reply['is'], { case: K }>['value'] }

/** The value of a reply of the kind `want`. @throws ParleyError `bad-frame` */
export function expectReply<K extends NonNullable<Reply['is']['case']>>(reply: Reply['is'], want: K): Replies[K] {
  if (isReply(reply, want)) return reply.value
  throw new ParleyError('bad-frame', `The other side answered with ${reply.case ?? 'nothing'} instead of ${want}.`)
}

function isReply<K extends NonNullable<Reply['is']['case']>>(
  reply: Reply['is'],
  want: K,
): reply is Reply['is'] & { case: K; value: Replies[K] } {
  return reply.case === want
}

const itself = 'This address shows the key of this very device, not of a registry. Check the address.'
const other = 'The registry speaks another version of Parley. Update the older of the two.'
