import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import type { Dialer } from '../../net/dial.ts'
import type { Link } from '../../net/link.ts'
import { type DeviceId, deviceId, fromText, type RegistryId, registryId } from '../../protocol/ids.ts'
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
  /** SPKI; its hash is `registry`. */
  readonly registryKey: Uint8Array
  readonly welcome: RegistryWelcome
  /** The registry's time in ms, now. */
  time(): number
}

/**
 * Dials a registry and says hello. With `expect` nobody but the registry of that id is talked to; without it, whoever
 * answers is taken for the registry: the caller pins it.
 *
 * @throws ParleyError `unreachable`, `wrong-key`, `too-old`, `bad-frame`
 */
export async function openRegistry(options: {
  readonly host: string
  readonly port: number
  readonly expect: RegistryId | undefined
  /** Of this device. */
  readonly dialer: Dialer
  readonly device: DeviceId
  readonly signal: AbortSignal
}): Promise<RegistryLink> {
  const { host, port, expect, dialer, device, signal } = options
  const link = await dialer.dial({
    host,
    port,
    alpn: registryProtocol,
    signal,
    ...(expect ? { expect: fromText(expect) } : {}),
  })
  try {
    if (deviceId(link.peerId) === device) throw new ParleyError('wrong-key', itself)
    return await greetRegistry(link, signal)
  } catch (error) {
    link.close()
    throw error
  }
}

/** Says hello over a link that was dialled to a registry. @throws ParleyError `too-old`, `bad-frame`, `timeout`, `closed` */
export async function greetRegistry(link: Link, signal: AbortSignal): Promise<RegistryLink> {
  const before = performance.now()
  const hello = create(RegistryHelloSchema, { versions: [...registryVersions] })
  const welcome = await ask(link, { case: 'registryHello', value: hello }, 'registryWelcome', signal)
  const after = performance.now()
  if (!registryVersions.includes(welcome.version)) throw new ParleyError('too-old', other)
  if (welcome.time >= 1n << 48n) throw new ParleyError('bad-frame', 'The registry told a time that does not exist.')
  link.established()
  // The time was read somewhere between question and answer: the middle is off by half the round trip at most.
  const offset = Number(welcome.time) - (before + after) / 2
  const time = () => performance.now() + offset
  return { link, registry: registryId(link.peerId), registryKey: link.peerKey, welcome, time }
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
