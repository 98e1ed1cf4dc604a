import type { Log } from '@parley/kit'
import { asParleyError } from '../../errors.ts'
import type { HostPort } from '../../protocol/addresses.ts'
import type { RegistryId } from '../../protocol/ids.ts'
import { type Chain, extendChain } from '../../protocol/notices.ts'
import type { Signed } from '../../protocol/parley_pb.ts'
import type { Account, AccountStore } from '../accounts.ts'
import type { RegistryPlace } from './client-options.ts'

/**
 * Takes the notices of this hub's registry, from itself and from peers: whoever missed one learns it from the others.
 * Only what continues the chain from the pinned key counts, so it does not matter who passes it on.
 */
export class HeardNotices {
  readonly #store: AccountStore
  readonly #log: Log
  readonly #heard: () => void

  /** `heard`: there was news, which is committed by now. */
  constructor({ store, log, heard }: { store: AccountStore; log: Log; heard: () => void }) {
    this.#store = store
    this.#log = log
    this.#heard = heard
  }

  /** Resolves once what is new is committed. What is not to be believed is dropped, with a line in the log. */
  async take(registry: RegistryId, notices: readonly Signed[]): Promise<void> {
    const account = this.#store.current
    if (!account || account.registry !== registry || notices.length === 0) return
    try {
      const chain = extendChain(account.chain, notices)
      if (chain === account.chain) return
      await this.#store.save(registry, { notices: [...chain.notices] })
      this.#log.info({ registry, notice: chain.number }, 'The registry has announced another address or key.')
      this.#heard()
    } catch (error) {
      const { code, message } = asParleyError(error)
      this.#log.warn({ code, registry }, `A notice of the registry was not accepted: ${message}`)
    }
  }
}

/** Opens one's registry where it is now, or where it was. @throws ParleyError why it is not at the first of these places */
export async function findRegistry<T>(
  account: Account,
  open: (place: RegistryPlace) => Promise<T>,
  signal: AbortSignal,
): Promise<{ registry: T; place: RegistryPlace }> {
  let first: unknown
  for (const { host, port } of placesOf(account)) {
    const place = { host, port, registry: account.registry }
    try {
      return { registry: await open(place), place }
    } catch (error) {
      first ??= error
      if (signal.aborted) break
    }
  }
  throw first
}

/** All that is known of who speaks for a registry: a link has brought some of it, a later notice or a peer the rest. */
export function newestChain(account: Account | undefined, chain: Chain): Chain {
  return account?.registry === chain.registry ? extendChain(account.chain, chain.notices) : chain
}

/** Where to look for one's registry: the latest announced address first, then where it was last, then older ones. */
function placesOf({ chain, host, port }: Account): HostPort[] {
  const [latest, ...older] = chain.addresses
  const all = [...(latest ? [latest] : []), { host, port }, ...older]
  return all.filter((one, at) => all.findIndex(two => two.host === one.host && two.port === one.port) === at)
}
