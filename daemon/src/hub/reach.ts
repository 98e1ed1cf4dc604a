import type { Socket } from 'node:net'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Log, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import type { Identity } from '../net/identity.ts'
import type { Link } from '../net/link.ts'
import type { ClassicGate, Port } from '../net/port.ts'
import { ReachRowSchema } from '../protocol/account_rows_pb.ts'
import { type HostPort, isLoopback, ports, readHostPort } from '../protocol/addresses.ts'
import { listenForPeers, relistenForPeers } from './listener.ts'
import { ownAddresses } from './surroundings.ts'

export interface ReachOptions {
  readonly storage: Storage
  /** HOST:PORT, as configured: holds whatever the person has chosen. */
  readonly listen?: readonly string[]
  readonly identity: Identity
  /** The system; tests pretend to be on another. */
  readonly platform?: NodeJS.Platform
  readonly log: Log
}

/**
 * The port for peers, and whether others may connect to it. On Windows and macOS, whose firewalls ask when a program
 * listens for the first time and remember a no, it takes connections of this machine alone until the person allows more:
 * the relay carries the links until then.
 */
export class Reach {
  readonly #options: ReachOptions
  #port: Port | undefined
  #isAllowed: boolean
  #isClosed = false
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(options: ReachOptions, isAllowed: boolean) {
    this.#options = options
    this.#isAllowed = isAllowed
  }

  /** Reads what the person has chosen; {@link listen} opens the port. */
  static async open(options: ReachOptions): Promise<Reach> {
    const { platform = process.platform, storage } = options
    const [row] = await storage.get([rowKey])
    const { direct } = row ? fromBinary(ReachRowSchema, row) : create(ReachRowSchema)
    return new Reach(options, direct === 0 ? platform !== 'win32' && platform !== 'darwin' : direct === allowed)
  }

  /** Opens the port; `take` and `classic` take what comes. @throws ParleyError `port-taken`, `bad-address` */
  async listen(take: (link: Link) => void, classic?: ClassicGate): Promise<void> {
    const { identity, log } = this.#options
    this.#port = await listenForPeers({ listen: this.#wanted(), identity, take, classic, log })
  }

  /** Whether others than programs of this machine may connect. */
  get isDirect(): boolean {
    const { listen } = this.#options
    if (!listen) return this.#isAllowed
    return listen.some(text => !isLoopback(readHostPort(text, ports.peer).host))
  }

  get addresses(): readonly HostPort[] {
    return this.#port?.addresses ?? []
  }

  /** Where peers are told to find this hub. */
  get places(): { readonly port: number; readonly addresses: readonly string[] } {
    return { port: this.addresses[0]?.port ?? 0, addresses: ownAddresses(this.addresses.map(({ host }) => host)) }
  }

  /**
   * Lets others connect or not, from now on and after each start; links that are up stay. Resolves once that is kept.
   * @throws ParleyError `usage` where the configuration says otherwise, `port-taken`, `bad-address`, `storage`
   */
  async setDirect(direct: boolean): Promise<void> {
    const change = this.#turn.then(() => this.#change(direct))
    this.#turn = change.catch(() => {})
    return change
  }

  /** Takes a connection that a relay has made with a device. */
  adopt(socket: Socket, expect: Uint8Array): void {
    if (this.#port) this.#port.adopt(socket, expect)
    else socket.destroy()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#turn
    await this.#port?.close()
  }

  async #change(direct: boolean): Promise<void> {
    const { listen, storage } = this.#options
    if (this.#isClosed) throw new ParleyError('closed', 'The hub is stopping.')
    if (listen && direct !== this.isDirect) {
      throw new ParleyError(
        'usage',
        `This hub listens where "hub": { "listen": … } or --listen says: ${listen.join(', ')}. Change that, or take it out.`,
      )
    }
    const before = this.#isAllowed
    this.#isAllowed = direct
    try {
      if (direct !== before && this.#port) await relistenForPeers(this.#port, this.#wanted())
      const row = create(ReachRowSchema, { direct: direct ? allowed : refused })
      await storage.write([{ put: rowKey, value: toBinary(ReachRowSchema, row) }])
    } catch (error) {
      this.#isAllowed = before
      if (direct !== before && this.#port) await relistenForPeers(this.#port, this.#wanted()).catch(() => {})
      throw error
    }
  }

  #wanted(): readonly string[] {
    return this.#options.listen ?? [this.#isAllowed ? `[::]:${ports.peer}` : `127.0.0.1:${ports.peer}`]
  }
}

const rowKey = 'reach'
const allowed = 1
const refused = 2
