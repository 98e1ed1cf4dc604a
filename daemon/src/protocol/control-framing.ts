import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/**
 * Takes the control API's messages out of a stream of bytes: the base protocol of LSP, `Content-Length: N`, an empty
 * line, then N bytes of JSON in UTF-8. Own code, because the reader of vscode-jsonrpc buffers without a limit.
 */
export class ControlDecoder {
  readonly #limit: number
  /** What has come and is not yet taken: `#buffer` from `#start` to `#end`. */
  #buffer: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  /** Bytes of JSON that are due, once the header has been read. */
  #due: number | undefined

  /** `limit`: the largest message in bytes. */
  constructor(limit: number = limits.controlMessage) {
    this.#limit = limit
  }

  /**
   * The messages that `chunk` completes. Throws ParleyError `bad-frame` for a header that is too long or malformed, a
   * message over the limit (before any of it is held) and for what is no JSON; the stream is then of no further use.
   */
  push(chunk: Uint8Array): object[] {
    this.#append(chunk)
    const messages: object[] = []
    for (;;) {
      this.#due ??= this.#readHeader()
      if (this.#due === undefined || this.#end - this.#start < this.#due) return messages
      const body = this.#take(this.#due)
      this.#due = undefined
      messages.push(parse(body))
    }
  }

  #readHeader(): number | undefined {
    const held = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + limits.controlHeader))
    const end = held.indexOf('\r\n\r\n')
    if (end < 0 && held.length === limits.controlHeader) throw broken('a header without an end')
    if (end < 0) return undefined
    const lines = held.toString('latin1', 0, end).split('\r\n')
    const length = lines.map(line => /^content-length: *(\d{1,10})$/i.exec(line)?.[1]).find(Boolean)
    if (length === undefined) throw broken('a header without Content-Length')
    if (Number(length) > this.#limit) throw broken(`a message of ${length} bytes, more than ${this.#limit}`)
    this.#take(end + 4)
    return Number(length)
  }

  #take(length: number): Buffer {
    const taken = this.#buffer.subarray(this.#start, this.#start + length)
    this.#start += length
    return taken
  }

  /** Grows by doubling, so that a drip of single bytes costs no more than one block. */
  #append(chunk: Uint8Array): void {
    const held = this.#end - this.#start
    if (held === 0) {
      this.#buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      this.#start = 0
      this.#end = chunk.byteLength
      return
    }
    if (this.#end + chunk.byteLength > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * held, held + chunk.byteLength))
      this.#buffer.copy(grown, 0, this.#start, this.#end)
      this.#buffer = grown
      this.#start = 0
      this.#end = held
    }
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.byteLength
  }
}

/** One message of the control API, framed. */
export function encodeControl(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body])
}

/** Bytes that a text takes in a message: six times its own where it is of control characters, which JSON escapes. */
export function sizeInControl(text: string): number {
  return Buffer.byteLength(JSON.stringify(text))
}

function parse(body: Buffer): object {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw broken('something that is not JSON', cause)
  }
  if (typeof value !== 'object' || value === null) throw broken('JSON that is not an object')
  return value
}

function broken(what: string, cause?: unknown): ParleyError {
  return new ParleyError('bad-frame', `The control connection carried ${what}; it was closed.`, { cause })
}
