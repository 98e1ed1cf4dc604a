import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { ParleyError } from '../errors.ts'
import { controlProof, isControlProof, proveControl } from '../protocol/control-proof.ts'

/** Proves to a front end that this is the daemon, then has it prove the same token. Gives the bytes behind its proof. */
export async function proveToClient(socket: Socket, token: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const stream = new ExactReader(socket, signal)
  try {
    const clientChallenge = await stream.read(controlProof.challenge)
    const daemonChallenge = randomBytes(controlProof.challenge)
    const proof = proveControl(token, 'daemon', clientChallenge, daemonChallenge)
    socket.write(Buffer.concat([daemonChallenge, proof]))
    const answer = await stream.read(controlProof.proof)
    if (isControlProof(answer, token, 'client', clientChallenge, daemonChallenge)) return stream.rest()
    throw new ParleyError('forged', 'A program that does not know the token of daemon.json was turned away.')
  } finally {
    stream.release()
  }
}

/** Has a daemon prove the token, then proves it in turn. Gives the bytes behind the daemon's proof. */
export async function proveToDaemon(socket: Socket, token: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const stream = new ExactReader(socket, signal)
  try {
    const clientChallenge = randomBytes(controlProof.challenge)
    socket.write(clientChallenge)
    const daemonChallenge = await stream.read(controlProof.challenge)
    const proof = await stream.read(controlProof.proof)
    if (!isControlProof(proof, token, 'daemon', clientChallenge, daemonChallenge)) {
      throw new ParleyError('forged', 'The program behind the control socket is not the daemon that daemon.json names.')
    }
    socket.write(proveControl(token, 'client', clientChallenge, daemonChallenge))
    return stream.rest()
  } finally {
    stream.release()
  }
}

/** Reads exact numbers of bytes off a socket before anything else listens to it, holding no more than it was asked for. */
class ExactReader {
  readonly #socket: Socket
  readonly #signal: AbortSignal

  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    socket.pause()
  }

  read(length: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const chunk: unknown = this.#socket.read(length)
        if (Buffer.isBuffer(chunk) && chunk.length === length) settle(() => resolve(chunk))
        else if (chunk !== null || this.#socket.readableEnded || this.#socket.destroyed) fail()
      }
      const fail = () => settle(() => reject(new ParleyError('closed', 'The control connection closed early.')))
      const settle = (end: () => void) => {
        this.#socket.off('readable', look).off('end', fail).off('close', fail).off('error', fail)
        this.#signal.removeEventListener('abort', fail)
        end()
      }
      this.#socket.on('readable', look).on('end', fail).on('close', fail).on('error', fail)
      this.#signal.addEventListener('abort', fail)
      if (this.#signal.aborted) fail()
      else look()
    })
  }

  rest(): Uint8Array {
    const chunk: unknown = this.#socket.read()
    return Buffer.isBuffer(chunk) ? chunk : Buffer.alloc(0)
  }

  /** Back to flowing mode, which `readable` listeners have suspended. */
  release(): void {
    this.#socket.removeAllListeners('readable')
  }
}
