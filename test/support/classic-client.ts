import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'

/**
 * A client of the classic protocol, written from its page alone: it shares no line with the product, so that both being
 * wrong in the same way is unlikely.
 */

export interface ClassicAnswer {
  readonly type: number
  readonly code: number
  readonly message: string
  /** What followed the response: the online list as it came. */
  readonly list: string
}

type Text = string | Uint8Array

/** The 27 bytes of a request. */
export function classicRequest(type: number, username: Text, field: Text): Buffer {
  const packet = Buffer.alloc(27)
  packet.writeInt8(type, 0)
  Buffer.from(username).copy(packet, 1, 0, 10)
  Buffer.from(field).copy(packet, 11, 0, 15)
  packet.writeInt8(15, 26)
  return packet
}

export const classicRequests = {
  register: (name: Text, password: Text) => classicRequest(0, name, password),
  login: (name: Text, password: Text) => classicRequest(1, name, password),
  search: (name: Text, sought: Text) => classicRequest(2, name, sought),
  logout: (name: Text) => classicRequest(3, name, 'LOGOUT'),
  online: (name: Text) => classicRequest(4, name, 'All'),
} as const

/** The 22 bytes of a heartbeat. */
export function classicHeartbeat(username: Text): Buffer {
  const packet = Buffer.alloc(22)
  packet.writeInt8(5, 0)
  Buffer.from(username).copy(packet, 1, 0, 10)
  packet.write('HELLO', 11)
  packet.writeInt8(15, 21)
  return packet
}

/** The rows of an online list. */
export function classicRows(list: string): string[] {
  return list.split(' \t\n ').slice(0, -1)
}

export interface ClassicClientOptions {
  readonly port: number
  readonly host?: string
  /** The address to come from; all of 127.0.0.0/8 will do on loopback. */
  readonly from?: string
  /** ms to wait for answers. */
  readonly patience?: number
}

export class ClassicClient {
  readonly socket: net.Socket
  readonly #patience: number
  #received = Buffer.alloc(0)
  #failed: Error | undefined
  #wake: () => void = () => {}

  static async connect(options: ClassicClientOptions): Promise<ClassicClient> {
    const { port, host = '127.0.0.1', from, patience = 15_000 } = options
    const socket = net.connect({ port, host, ...(from === undefined ? {} : { localAddress: from }) })
    socket.setNoDelay(true)
    await once(socket, 'connect')
    return new ClassicClient(socket, patience)
  }

  private constructor(socket: net.Socket, patience: number) {
    this.socket = socket
    this.#patience = patience
    socket.on('data', chunk => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    const fail = (error: Error) => {
      this.#failed ??= error
      this.#wake()
    }
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('The registry closed the classic connection')))
  }

  register(name: Text, password: Text): Promise<ClassicAnswer> {
    return this.ask(classicRequests.register(name, password))
  }

  login(name: Text, password: Text): Promise<ClassicAnswer> {
    return this.ask(classicRequests.login(name, password))
  }

  search(name: Text, sought: Text): Promise<ClassicAnswer> {
    return this.ask(classicRequests.search(name, sought))
  }

  logout(name: Text): Promise<ClassicAnswer> {
    return this.ask(classicRequests.logout(name))
  }

  /**
   * The list has no end mark, and an answer may come in pieces: a search behind it marks the end. Its answer is dropped.
   */
  async online(name: Text): Promise<ClassicAnswer> {
    const [answer] = await this.askAll([classicRequests.online(name), classicRequests.search(name, '')])
    if (!answer) throw new Error('No answer came')
    return answer
  }

  async ask(request: Uint8Array): Promise<ClassicAnswer> {
    this.socket.write(request)
    return await this.answer()
  }

  /** Sends all of `requests` joined, in writes of `size` bytes each, and gives the answers. */
  async askAll(requests: readonly Uint8Array[], size = Number.POSITIVE_INFINITY): Promise<ClassicAnswer[]> {
    const bytes = Buffer.concat(requests)
    for (let at = 0; at < bytes.length; at += size) {
      const isTaken = this.socket.write(bytes.subarray(at, at + size))
      // A turn of the event loop lets the piece go out alone; without delay of the socket it is a packet of its own.
      if (size < bytes.length) await new Promise(resolve => setImmediate(resolve))
      if (!isTaken) await once(this.socket, 'drain')
    }
    const answers: ClassicAnswer[] = []
    for (const _ of requests) answers.push(await this.answer())
    return answers
  }

  /** The next answer. A list ends where the next answer begins: no text holds a byte below 5. */
  async answer(): Promise<ClassicAnswer> {
    const end = performance.now() + this.#patience
    for (;;) {
      const answer = this.#cut()
      if (answer) return answer
      if (this.#failed) throw this.#failed
      await this.#more(end - performance.now())
    }
  }

  /** Resolves when the registry has closed the connection. */
  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close', { signal: AbortSignal.timeout(this.#patience) })
  }

  close(): void {
    this.socket.destroy()
  }

  #cut(): ClassicAnswer | undefined {
    const bytes = this.#received
    if (bytes.length < 18) return undefined
    const [type = 0, code = 0] = bytes
    if (bytes[17] !== 15) throw new Error(`An answer without its key: ${bytes.subarray(0, 18).toString('hex')}`)
    let end = 18
    if (code === 24) {
      while (end < bytes.length && Number(bytes[end]) > 4) end += 1
      if (end === bytes.length) return undefined
    }
    this.#received = bytes.subarray(end)
    const message = bytes.toString('utf8', 2, 17).replace(/\0+$/, '')
    return { type, code, message, list: bytes.toString('utf8', 18, end) }
  }

  #more(wait: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`No classic answer within ${this.#patience} ms`)),
        Math.max(0, wait),
      )
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** Sends heartbeats from an address of its own, as the original's second socket does. */
export class ClassicBeater {
  readonly #socket: dgram.Socket
  readonly #to: { port: number; host: string }
  #timer: NodeJS.Timeout | undefined

  static async open({
    port,
    host = '127.0.0.1',
    from,
  }: Omit<ClassicClientOptions, 'patience'>): Promise<ClassicBeater> {
    const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4')
    socket.bind({ port: 0, ...(from === undefined ? {} : { address: from }) })
    await once(socket, 'listening')
    return new ClassicBeater(socket, { port, host })
  }

  private constructor(socket: dgram.Socket, to: { port: number; host: string }) {
    this.#socket = socket
    this.#to = to
  }

  async send(datagram: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(datagram, this.#to.port, this.#to.host, error => (error ? reject(error) : resolve()))
    })
  }

  beat(name: Text): Promise<void> {
    return this.send(classicHeartbeat(name))
  }

  /** Beats for all of `names` every `interval` ms until closed; the original's way is once a second. */
  keepBeating(names: readonly Text[], interval = 1_000): void {
    this.#timer = setInterval(() => {
      for (const name of names) this.beat(name).catch(() => {}) // closed meanwhile, or no route: a missed beat
    }, interval)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#socket.close()
  }
}

/** The 111 bytes of a message packet. */
export function classicMessage(username: Text, text: Text, type = 0): Buffer {
  const packet = Buffer.alloc(111)
  packet.writeInt8(type, 0)
  Buffer.from(username).copy(packet, 1, 0, 10)
  Buffer.from(text).copy(packet, 11, 0, 100)
  return packet
}

export const classicChatRequest = (username: Text) => classicMessage(username, 'CHAT REQUEST', 1)
export const classicNotify = (username: Text) => classicMessage(username, 'New User', 1)

/** Brings packets to somebody's message port, over one connection, in pieces of `size` bytes; resolves at its end. */
export async function bringClassic(
  bytes: Uint8Array,
  { port, host = '127.0.0.1', from, size = bytes.length }: Omit<ClassicClientOptions, 'patience'> & { size?: number },
): Promise<void> {
  const socket = net.connect({ port, host, ...(from === undefined ? {} : { localAddress: from }) })
  socket.setNoDelay(true)
  socket.resume()
  const ended = new Promise<void>(resolve => socket.on('close', () => resolve()))
  socket.on('error', () => {}) // who is refused may be cut
  for (let at = 0; at < bytes.length; at += size) {
    socket.write(bytes.subarray(at, at + size))
    if (size < bytes.length) await new Promise(resolve => setImmediate(resolve))
  }
  socket.end()
  await ended
}

/** What came to a {@link ClassicListener} over one connection. */
export interface ClassicPacket {
  readonly type: number
  readonly username: string
  readonly text: string
}

/**
 * The message port of the original's client: it accepts, reads once up to 111 bytes, drops what is joined, and closes.
 * `manner` is how it ends a connection: in order, never, or by a reset before it has read anything.
 */
export class ClassicListener {
  readonly packets: ClassicPacket[] = []
  readonly bytes: Buffer[] = []
  readonly sockets: net.Socket[] = []
  manner: 'closes' | 'stays' | 'resets'
  readonly #server: net.Server

  static async open({
    host = '127.0.0.1',
    port = 0,
    manner = 'closes',
  }: {
    host?: string
    port?: number
    manner?: ClassicListener['manner']
  } = {}): Promise<ClassicListener> {
    const server = net.createServer({ allowHalfOpen: true })
    const listener = new ClassicListener(server, manner)
    server.listen(port, host)
    await once(server, 'listening')
    return listener
  }

  private constructor(server: net.Server, manner: ClassicListener['manner']) {
    this.#server = server
    this.manner = manner
    server.on('connection', socket => this.#accept(socket))
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  /** The texts of messages, in the order in which they came. */
  get texts(): string[] {
    return this.packets.filter(({ type }) => type === 0).map(({ text }) => text)
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: net.Socket): void {
    this.sockets.push(socket)
    socket.on('error', () => {})
    if (this.manner === 'resets') {
      socket.resetAndDestroy()
      return
    }
    socket.once('data', chunk => {
      this.bytes.push(chunk)
      const text = (from: number, to: number) => chunk.toString('utf8', from, to).replace(/\0+$/, '')
      this.packets.push({ type: chunk.readInt8(0), username: text(1, 11), text: text(11, 111) })
      if (this.manner === 'closes') socket.end()
    })
  }
}
