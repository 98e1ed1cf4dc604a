import type { KeyObject } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { formatHostPort, type HostPort, ports, readHostPort } from './addresses.ts'
import { decoder } from './codec.ts'
import { fromText, type RegistryId, registryId } from './ids.ts'
import { idOfKey, publicKeyOf, spkiOf } from './keys.ts'
import { NoticeSchema, type Signed } from './parley_pb.ts'
import { sign, verify } from './signed.ts'

/** A key that speaks, or has spoken, for a registry. */
interface Voice {
  /** SPKI. */
  readonly key: Uint8Array
  /** When it handed over, in ms since 1970; undefined: it speaks now. */
  readonly until: number | undefined
}

/**
 * Who speaks for a registry and where it is, as its notices say: they lead from its first key, whose hash is its id, to
 * the present one.
 */
export interface Chain {
  readonly registry: RegistryId
  /** Those in force, by number: every change of the key, and the latest addresses. As received. */
  readonly notices: readonly Signed[]
  /** Of the last notice; 0: there is none. */
  readonly number: number
  /** The first one first, the present one last. */
  readonly voices: readonly Voice[]
  /** SPKI of the key that speaks now. */
  readonly key: Uint8Array
  /** Where the registry has said that it is, the latest first. */
  readonly addresses: readonly HostPort[]
}

/** A chain without notices: the first key speaks. @throws ParleyError `bad-frame` for what is no key */
export function firstChain(key: Uint8Array): Chain {
  const first = new Uint8Array(key)
  const voices = [{ key: first, until: undefined }]
  return { registry: registryId(idOfKey(first)), notices: [], number: 0, voices, key: first, addresses: [] }
}

/**
 * The chain of `registry` from all its notices.
 * @throws ParleyError `wrong-key` when they do not begin with its first key, and as {@link extendChain}
 */
export function readChain(registry: RegistryId, notices: readonly Signed[]): Chain {
  const [first] = notices
  if (first) {
    const chain = firstChain(decodeNotice(first.payload).key)
    if (chain.registry === registry) return extendChain(chain, notices)
  }
  throw new ParleyError('wrong-key', 'The notices of this registry do not begin with the key that it is known by.')
}

/**
 * `chain` with what is new in `notices`; itself when nothing is. Those that it has are skipped, older addresses too.
 *
 * @throws ParleyError `forged` for another registry's, for two notices of one number and for another successor than the
 * one known, `bad-signature` for one that the key of that time has not signed, `bad-frame` for a malformed one or too many
 */
export function extendChain(chain: Chain, notices: readonly Signed[]): Chain {
  if (notices.length > limits.notices + limits.noticeAddresses) {
    throw new ParleyError('bad-frame', 'A registry gives more notices than there can be. Nothing was accepted.')
  }
  const known = new Map(chain.notices.map(signed => [numberOf(decodeNotice(signed.payload).number), signed]))
  let extended = chain
  for (const signed of notices) {
    const { number, successor } = decodeNotice(signed.payload)
    const before = known.get(numberOf(number))
    const isSame = before !== undefined && Buffer.from(before.payload).equals(signed.payload)
    if (isSame) continue
    if (before || (numberOf(number) <= extended.number && successor.length > 0)) throw forged(forked)
    if (numberOf(number) > extended.number) extended = withNotice(extended, signed)
  }
  return extended
}

/**
 * Signs the next notice of `chain`, by the key that speaks now: another address, or the key that speaks from now on.
 * @throws ParleyError `wrong-key` when another key than the present one signs, and as {@link extendChain}
 */
export function signNotice(
  chain: Chain,
  news: { readonly address: HostPort } | { readonly successor: Uint8Array },
  by: { readonly privateKey: KeyObject; readonly now: number },
): Chain {
  if (!sameBytes(spkiOf(by.privateKey), chain.key)) {
    throw new ParleyError('wrong-key', 'A notice must be signed by the key that speaks for the registry now.')
  }
  const notice = create(NoticeSchema, {
    registry: fromText(chain.registry),
    number: BigInt(chain.number + 1),
    issued: BigInt(by.now),
    key: chain.key,
    ...('address' in news ? { address: formatHostPort(news.address) } : { successor: news.successor }),
  })
  return withNotice(chain, sign('notice', toBinary(NoticeSchema, notice), by.privateKey))
}

/** The number of a notice of one's own. */
export function numberOfNotice(notice: Signed): number {
  return numberOf(decodeNotice(notice.payload).number)
}

const decodeNotice = decoder(NoticeSchema)

function withNotice(chain: Chain, signed: Signed): Chain {
  const notice = decodeNotice(signed.payload)
  if (registryId(notice.registry) !== chain.registry) throw forged('The notice speaks of another registry.')
  if (!sameBytes(notice.key, chain.key) || !verify('notice', signed, publicKeyOf(chain.key))) {
    throw new ParleyError(
      'bad-signature',
      'A notice was not signed by the key that speaks for the registry. Nothing was accepted.',
    )
  }
  const number = numberOf(notice.number)
  const address = addressIn(notice.address)
  const addresses = address
    ? [address, ...chain.addresses.filter(one => formatHostPort(one) !== formatHostPort(address))]
    : chain.addresses
  return {
    registry: chain.registry,
    notices: inForce([...chain.notices, signed]),
    number,
    ...voicesAfter(chain, notice.successor, numberOf(notice.issued)),
    addresses: addresses.slice(0, limits.noticeAddresses),
  }
}

function voicesAfter(chain: Chain, successor: Uint8Array, at: number): Pick<Chain, 'voices' | 'key'> {
  if (successor.length === 0) return { voices: chain.voices, key: chain.key }
  publicKeyOf(successor)
  if (chain.voices.some(({ key }) => sameBytes(key, successor))) throw forged('A key cannot speak a second time.')
  if (chain.voices.length > limits.notices) throw forged('A registry has had more keys than it can have.')
  const key = new Uint8Array(successor)
  const former = chain.voices.map(voice => (voice.until === undefined ? { ...voice, until: at } : voice))
  return { voices: [...former, { key, until: undefined }], key }
}

/** Every change of the key, and the latest of the others. */
function inForce(notices: readonly Signed[]): Signed[] {
  const isHandover = (signed: Signed) => decodeNotice(signed.payload).successor.length > 0
  const latest = new Set(notices.filter(signed => !isHandover(signed)).slice(-limits.noticeAddresses))
  return notices.filter(signed => isHandover(signed) || latest.has(signed))
}

/** One that this version cannot read is none. */
function addressIn(text: string): HostPort | undefined {
  try {
    return text === '' ? undefined : readHostPort(text, ports.registry)
  } catch {
    return undefined
  }
}

function numberOf(value: bigint): number {
  if (value > 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
  throw forged('A notice has an impossible number.')
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b)
}

const forked =
  'The registry has given two notices that contradict each other, so somebody else may have one of its keys. Ask its admin.'

function forged(message: string): ParleyError {
  return new ParleyError('forged', `${message} Nothing was accepted.`)
}
