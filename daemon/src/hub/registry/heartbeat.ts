import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { limits } from '../../limits.ts'
import type { Link } from '../../net/link.ts'
import {
  type BeatStatus,
  beatCounter,
  beatExporter,
  beatKey,
  beatSession,
  encodeBeat,
  isBeat,
  isGenuineBeat,
} from '../../protocol/heartbeat.ts'
import type { SignedIn } from '../../protocol/parley_pb.ts'

/** What a session's beats are made of, and where they go. */
interface Beaten {
  readonly link: Link
  /** As the registry has granted it. */
  readonly said: Pick<SignedIn, 'session' | 'beatInterval'>
  /** The registry's UDP port; 0: it takes no beats. */
  readonly port: number
}

/**
 * Tells the registry by UDP that this device is here, also while its link is silently dead, until another session takes
 * over. Where UDP is blocked nothing is lost but the datagrams.
 */
export class Heartbeat {
  readonly #status: () => BeatStatus
  #stop: () => void = () => {}
  #beat: () => void = () => {}
  #passes: () => boolean | undefined = () => undefined

  /** `status`: how this device stands, asked before each beat. */
  constructor(status: () => BeatStatus) {
    this.#status = status
  }

  /** Whether beats are answered; undefined while that is not known. */
  get passes(): boolean | undefined {
    return this.#passes()
  }

  /** Beats for this session from now on, and at once: for no other any more. */
  start({ link, said, port }: Beaten): void {
    this.stop()
    const { session, beatInterval } = said
    if (link.signal.aborted || session.length !== 8 || port < 1 || port > 65_535 || beatInterval === 0) return
    const key = beatKey(link.exportKeyingMaterial(beatExporter.length, beatExporter.label))
    const name = Buffer.from(session).toString('latin1')
    let counter = 0
    let answered = 0
    const hear = (bytes: Buffer) => {
      if (!isBeat(bytes) || beatSession(bytes) !== name || !isGenuineBeat(bytes, key, 'back')) return
      answered = Math.max(answered, Math.min(counter, beatCounter(bytes)))
    }
    const socket = openTo(link.remoteAddress, port, hear)
    this.#passes = () => {
      if (answered > 0 && counter - answered < limits.beatsMissed) return true
      return counter - answered > limits.beatsMissed ? false : undefined
    }
    this.#beat = () => socket.send(encodeBeat({ session, counter: ++counter, status: this.#status() }, key))
    const every = Math.min(Math.max(beatInterval, limits.beatShortest), limits.beatLongest)
    const timer = setInterval(() => this.#beat(), every).unref()
    // The link may be dead for this side alone: the registry hears at once that the device is not.
    const gone = () => this.#beat()
    link.signal.addEventListener('abort', gone, { once: true })
    this.#stop = () => {
      clearInterval(timer)
      link.signal.removeEventListener('abort', gone)
      socket.close()
    }
    this.#beat()
  }

  /** Beats at once: how this device stands has changed. */
  beat(): void {
    this.#beat()
  }

  /** No more beats: the session is over, or this hub. */
  stop(): void {
    this.#stop()
    this.#stop = () => {}
    this.#beat = () => {}
    this.#passes = () => undefined
  }
}

interface BeatSocket {
  send(bytes: Uint8Array): void
  close(): void
}

/** A socket to that one place. What cannot be sent is not: whether beats pass is told by the answers alone. */
function openTo(address: string, port: number, heard: (bytes: Buffer) => void): BeatSocket {
  const socket: Socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4').unref()
  let isOpen = true
  // Not as the callback of `connect`, which is called when that fails, too: to send then would throw.
  const connected = new Promise<boolean>(resolve => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  socket.connect(port, address)
  socket.on('error', () => {})
  socket.on('message', heard)
  return {
    send: bytes =>
      void connected.then(isConnected => {
        if (isConnected && isOpen) socket.send(bytes, () => {})
      }),
    close() {
      isOpen = false
      socket.close()
    },
  }
}
