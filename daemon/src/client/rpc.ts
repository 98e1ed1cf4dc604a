import type { Socket } from 'node:net'
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
  NullLogger,
} from 'vscode-jsonrpc/node'
import { limits } from '../limits.ts'
import { ControlDecoder, encodeControl } from '../protocol/control-framing.ts'

/** One end of a control connection: JSON-RPC over a socket whose proof is done. */
export interface Rpc {
  readonly connection: MessageConnection
  /** Whether the other side leaves so much unread that more should wait. */
  readonly isBehind: () => boolean
}

/**
 * Speaks JSON-RPC over `socket`, with every size bounded: a message over the limit or a malformed one closes the
 * socket, and while the other side does not read its replies, or sends faster than its messages are handled, nothing
 * more is read from it. `accepts` says which messages are let through at all.
 *
 * The returned connection has still to `listen()`. `first`: bytes that came right behind the proof.
 */
export function speakRpc(socket: Socket, first: Uint8Array, accepts: (message: object) => boolean): Rpc {
  const reader = new Reader(socket, first, accepts)
  const connection = createMessageConnection(reader, new Writer(socket), NullLogger, {
    messageStrategy: {
      handleMessage(message, next) {
        reader.handled()
        return next(message)
      },
    },
  })
  return { connection, isBehind: () => socket.writableLength > limits.controlBacklog }
}

class Reader extends AbstractMessageReader implements MessageReader {
  readonly #socket: Socket
  readonly #first: Uint8Array
  readonly #accepts: (message: object) => boolean
  readonly #decoder = new ControlDecoder()
  #waiting = 0

  constructor(socket: Socket, first: Uint8Array, accepts: (message: object) => boolean) {
    super()
    this.#socket = socket
    this.#first = first
    this.#accepts = accepts
  }

  listen(callback: DataCallback): Disposable {
    const take = (chunk: Uint8Array) => {
      let messages: object[]
      try {
        messages = this.#decoder.push(chunk)
      } catch (error) {
        this.#socket.destroy()
        this.fireError(error)
        return
      }
      for (const message of messages.filter(this.#accepts)) {
        this.#waiting++
        callback(asMessage(message))
      }
      this.#pace()
    }
    this.#socket.on('data', take)
    this.#socket.on('drain', () => this.#pace())
    this.#socket.once('close', () => this.fireClose())
    if (this.#first.length > 0) take(this.#first)
    this.#socket.resume()
    return { dispose: () => this.#socket.off('data', take) }
  }

  /** One message has left the queue of vscode-jsonrpc, which has no limit of its own. */
  handled(): void {
    this.#waiting--
    this.#pace()
  }

  #pace(): void {
    const mustWait = this.#waiting > limits.controlInFlight || this.#socket.writableLength > limits.controlBacklog
    if (mustWait) this.#socket.pause()
    else if (this.#socket.isPaused()) this.#socket.resume()
  }
}

class Writer extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: Socket

  constructor(socket: Socket) {
    super()
    this.#socket = socket
    socket.once('close', () => this.fireClose())
  }

  async write(message: Message): Promise<void> {
    // A front end that has gone is told nothing; its connection closes by itself.
    if (this.#socket.writable) this.#socket.write(encodeControl(message))
  }

  end(): void {
    this.#socket.end()
  }
}

/** vscode-jsonrpc looks at the shape itself; its own reader passes parsed JSON on in the same way. */
function asMessage(message: object): Message {
  return { jsonrpc: '2.0', ...message }
}
