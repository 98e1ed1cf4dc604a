import net from 'node:net'
import { ParleyError } from '../errors.ts'
import type { HostPort } from './port-types.ts'

interface ListeningOptions {
  readonly backlog: number
  readonly accept: (socket: net.Socket) => void
  /** Something went wrong while listening, which goes on. */
  readonly failed: (error: Error) => void
}

/** Where a port listens: one server for each address, all or none. */
export class Listening {
  /** As they were given, with the real port numbers. */
  addresses: readonly HostPort[] = []
  readonly #options: ListeningOptions
  #servers: net.Server[] = []
  #isClosed = false

  constructor(options: ListeningOptions) {
    this.#options = options
  }

  /** Listens on these addresses too. @throws ParleyError `port-taken`, `bad-address` */
  async open(listen: readonly HostPort[]): Promise<void> {
    for (const address of listen) this.addresses = [...this.addresses, await this.#listen(address)]
  }

  /** Listens on these instead: on failure as before. @throws ParleyError as {@link open} */
  async move(listen: readonly HostPort[]): Promise<void> {
    const before = this.addresses
    this.#leave()
    try {
      await this.open(listen)
    } catch (error) {
      this.#leave()
      await this.open(before)
      throw error
    }
  }

  /** Listens nowhere, for good; what was accepted stays. */
  close(): void {
    this.#isClosed = true
    for (const server of this.#servers) server.close()
  }

  #leave(): void {
    for (const server of this.#servers) server.close()
    this.#servers = []
    this.addresses = []
  }

  #listen({ host, port }: HostPort): Promise<HostPort> {
    const { backlog, accept, failed } = this.#options
    const server = net.createServer({ noDelay: true }, accept)
    return new Promise((resolve, reject) => {
      const refused = (error: Error) => reject(listenError(host, port, error))
      server.once('error', refused)
      server.listen({ host, port, backlog }, () => {
        server.off('error', refused)
        server.on('error', failed)
        this.#servers.push(server)
        if (this.#isClosed) server.close()
        const address = server.address()
        resolve({ host, port: typeof address === 'object' && address ? address.port : port })
      })
    })
  }
}

function listenError(host: string, port: number, error: Error): ParleyError {
  const name = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
  const code = 'code' in error ? error.code : ''
  const cause = { cause: error }
  switch (code) {
    case 'EADDRINUSE':
      return new ParleyError(
        'port-taken',
        `${name} is taken by another program. Stop it, or choose another port.`,
        cause,
      )
    case 'EACCES':
      return new ParleyError('bad-address', `${name} may not be used by this user. Choose a port above 1023.`, cause)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ParleyError('bad-address', `${host} is no address of this machine. Choose one that is.`, cause)
    default:
      return new ParleyError('bad-address', `${name} cannot be listened on: ${error.message}.`, cause)
  }
}
