import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { createIdentity, type Identity } from '../net/identity.ts'
import type { HostPort } from '../protocol/addresses.ts'
import type { RegistryId } from '../protocol/ids.ts'
import { generateKeyPair, spkiOf } from '../protocol/keys.ts'
import { type Chain, extendChain, firstChain, numberOfNotice, signNotice } from '../protocol/notices.ts'
import type { Signed } from '../protocol/parley_pb.ts'
import { NoticeRowSchema } from '../protocol/registry_rows_pb.ts'
import { encodeRow, readRow, rowKeys } from './rows.ts'

interface NoticesOptions {
  readonly storage: Storage
  /** Secrets by name, made once and kept sealed. */
  readonly secrets: { getOrCreate(name: string, make: () => Uint8Array): Promise<Uint8Array> }
  readonly now: () => number
}

/** What a registry tells of itself to all who know it: a new address, or a new key. */
export type News = { readonly address: HostPort } | { readonly newKey: true }

/** The keys of a registry, and the notices that lead from the first, whose hash is its id, to the one that speaks now. */
export class Notices {
  readonly #options: NoticesOptions
  #chain: Chain
  #identity: Identity
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(options: NoticesOptions, chain: Chain, identity: Identity) {
    this.#options = options
    this.#chain = chain
    this.#identity = identity
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read, or the key that speaks is not in storage */
  static async open(options: NoticesOptions): Promise<Notices> {
    const { storage, secrets } = options
    const first = privateKeyOf(await secrets.getOrCreate(firstSecret, newKey))
    const { rows } = await storage.list(rowKeys.notices, { limit: limits.storagePage })
    const kept = rows.flatMap(([, bytes]) => readRow(NoticeRowSchema, bytes)?.notice ?? [])
    let chain = firstChain(spkiOf(first))
    let key = first
    for (const notice of kept) {
      const next = extendChain(chain, [notice])
      if (next.voices.length > chain.voices.length) key = await present(options, next.number)
      chain = next
    }
    if (Buffer.compare(spkiOf(key), chain.key) !== 0) throw noKey(chain.number)
    return new Notices(options, chain, await createIdentity(key))
  }

  /** The hash of the first key: it never changes. */
  get registry(): RegistryId {
    return this.#chain.registry
  }

  /** The key that speaks now. */
  get identity(): Identity {
    return this.#identity
  }

  get chain(): Chain {
    return this.#chain
  }

  /** Signs and keeps a notice; resolves once it is stored. @throws ParleyError `usage` when there are too many */
  announce(news: News): Promise<Signed> {
    const announced = this.#turn.then(() => this.#announce(news))
    this.#turn = announced.catch(() => {})
    return announced
  }

  async #announce(news: News): Promise<Signed> {
    const { storage, secrets, now } = this.#options
    const { privateKey } = this.#identity
    const number = this.#chain.number + 1
    const by = { privateKey, now: now() }
    let identity = this.#identity
    let chain: Chain
    if ('newKey' in news) {
      if (this.#chain.voices.length > limits.notices) throw new ParleyError('usage', tooMany)
      // The key is stored before the notice: one whose notice was never written is taken for the next.
      identity = await createIdentity(privateKeyOf(await secrets.getOrCreate(secretOf(number), newKey)))
      chain = signNotice(this.#chain, { successor: identity.spki }, by)
    } else chain = signNotice(this.#chain, news, by)
    const notice = chain.notices.at(-1)
    const row = encodeRow(NoticeRowSchema, { ...(notice && { notice }) })
    const key = rowKeys.notice(number)
    const written = await storage.write([
      { check: key, is: undefined },
      { put: key, value: row },
      ...this.#outdated(chain),
    ])
    if (written === 'conflict' || !notice) {
      throw new ParleyError('conflict', 'Another process has changed this registry’s notices. Start this one anew.')
    }
    this.#chain = chain
    this.#identity = identity
    return notice
  }

  /** Rows of addresses that no longer count. */
  #outdated(chain: Chain) {
    const stay = new Set(chain.notices)
    return this.#chain.notices
      .filter(notice => !stay.has(notice))
      .map(notice => ({ remove: rowKeys.notice(numberOfNotice(notice)) }))
  }
}

/** Of the first key; those after it are named by the number of the notice that announces them. */
const firstSecret = 'registry/key'
const secretOf = (number: number) => `${firstSecret}/${number}`

function newKey(): Uint8Array {
  return new Uint8Array(generateKeyPair().privateKey.export({ format: 'der', type: 'pkcs8' }))
}

function privateKeyOf(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
}

/** The key that notice `number` has announced. */
async function present({ secrets }: NoticesOptions, number: number): Promise<KeyObject> {
  const absent = () => {
    throw noKey(number)
  }
  return privateKeyOf(await secrets.getOrCreate(secretOf(number), absent))
}

function noKey(number: number): ParleyError {
  return new ParleyError(
    'damaged-data',
    `The registry has announced another key (notice ${number}), and storage does not hold that key. Restore a backup that was made since.`,
  )
}

const tooMany = `A registry can change its key ${limits.notices} times. Start a new registry instead.`
