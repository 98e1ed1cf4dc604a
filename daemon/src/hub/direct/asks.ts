import { create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { AskRowSchema } from '../../protocol/account_rows_pb.ts'
import { formatHostPort, type HostPort, readHostPort } from '../../protocol/addresses.ts'
import { type DeviceId, deviceId, fromText } from '../../protocol/ids.ts'
import { readRow } from '../conversations/rows.ts'

/** Somebody whom this home has asked to chat, and who has not accepted yet. */
export interface Ask {
  /** HOST:PORT, as the person gave it. */
  readonly address: string
  readonly place: HostPort
  /** Whose key answered there at first: nobody else may take their place. */
  readonly device: DeviceId
  /** ms since 1970. */
  readonly at: number
}

/** Whom this home has asked to chat, in the rows `ask/<HOST:PORT>`, so that it goes on asking after a restart. */
export class Asks {
  readonly #storage: Storage
  readonly #now: () => number
  readonly #rows = new Map<string, Ask>()

  private constructor(storage: Storage, now: () => number) {
    this.#storage = storage
    this.#now = now
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(storage: Storage, now: () => number): Promise<Asks> {
    const asks = new Asks(storage, now)
    const { rows } = await storage.list(prefix, { limit: limits.asks })
    for (const [key, value] of rows) {
      const { device, at } = readRow(AskRowSchema, key, value)
      const address = key.slice(prefix.length)
      asks.#rows.set(address, { address, place: readHostPort(address, 0), device: deviceId(device), at: Number(at) })
    }
    return asks
  }

  get(address: string): Ask | undefined {
    return this.#rows.get(address)
  }

  /** Whether that device was asked, and so may come in. */
  hasAsked(device: DeviceId): boolean {
    return [...this.#rows.values()].some(ask => ask.device === device && !this.isOld(ask))
  }

  all(): Ask[] {
    return [...this.#rows.values()]
  }

  isOld({ at }: Ask): boolean {
    return this.#now() - at >= limits.requestAge
  }

  /** Resolves once it is committed. @throws ParleyError `busy` when too many have not answered */
  async add(place: HostPort, device: DeviceId): Promise<Ask> {
    const address = formatHostPort(place)
    if (!this.#rows.has(address) && this.#rows.size >= limits.asks) {
      throw new ParleyError('busy', `${limits.asks} others were asked and have not answered. Wait until some have.`)
    }
    const ask = { address, place, device, at: this.#now() }
    this.#rows.set(address, ask)
    const row = create(AskRowSchema, { device: fromText(device), at: BigInt(ask.at) })
    await this.#storage.write([{ put: prefix + address, value: toBinary(AskRowSchema, row) }])
    return ask
  }

  async remove(address: string): Promise<void> {
    if (!this.#rows.delete(address)) return
    await this.#storage.write([{ remove: prefix + address }])
  }
}

const prefix = 'ask/'
