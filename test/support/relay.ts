import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type net from 'node:net'
import type { Link } from '../../daemon/src/net/link.ts'
import type { PortLimits } from '../../daemon/src/net/port.ts'
import { type DeviceId, deviceId, type UserId, userId } from '../../daemon/src/protocol/ids.ts'
import type { Event, RelayOffered } from '../../daemon/src/protocol/parley_pb.ts'
import { Relay, type RelayLimits, relayByte } from '../../daemon/src/registry/relay/relay.ts'
import type { Left, Session } from '../../daemon/src/registry/sessions.ts'
import { openPort, tcpClient, testLog, within } from './links.ts'

/** A device that is signed in, as a relay knows it. */
export interface RelayDevice {
  readonly user: UserId
  readonly device: DeviceId
  readonly session: Session
  /** What it was offered, the newest last. */
  readonly offers: RelayOffered[]
}

/** A relay behind a port of its own, and the sessions of whoever a test wants. */
export interface TestRelay extends AsyncDisposable {
  readonly relay: Relay
  readonly at: { readonly host: string; readonly port: number }
  readonly connections: () => number
  device(user?: UserId): RelayDevice
  /** The session of a device ends. */
  left: Left
  /** Asks, and connects both ends; each has read its answer. */
  pair(asker: RelayDevice, target: RelayDevice): Promise<readonly [net.Socket, net.Socket]>
}

export async function openRelay(limits: Partial<PortLimits & RelayLimits> = {}): Promise<TestRelay> {
  const sessions = new Map<DeviceId, RelayDevice>()
  const watchers = new Set<Left>()
  const relay = new Relay({
    sessions: {
      of: user => [...sessions.values()].filter(one => one.user === user).map(({ session }) => session),
      ofDevice: device => sessions.get(device)?.session,
      onLeft: left => {
        watchers.add(left)
        return () => watchers.delete(left)
      },
    },
    log: testLog(),
    limits,
  })
  const open = await openPort(() => {}, { relay, limits })
  return {
    relay,
    at: open.at,
    connections: () => open.port.connections,
    device(user = userId(randomBytes(16))) {
      const offers: RelayOffered[] = []
      const send = async (is: Event['is']) => {
        if (is.case === 'relayOffered') offers.push(is.value)
      }
      const device = deviceId(randomBytes(32))
      // Of a session the relay knows whose it is, and how to tell it something.
      const session = { account: { user }, device, link: { send } as unknown as Link } as unknown as Session
      const made = { user, device, session, offers }
      sessions.set(device, made)
      return made
    },
    left(gone) {
      for (const [device, { user }] of sessions) if (gone.who === device || gone.who === user) sessions.delete(device)
      for (const watcher of watchers) watcher(gone)
    },
    async pair(asker, target) {
      const ticket = relay.ask(asker.session, target.user, target.device)
      const offered = target.offers.at(-1)
      const ends = [await come(open.at, ticket), await come(open.at, offered?.ticket ?? new Uint8Array())] as const
      for (const end of ends) await answered(end)
      return ends
    },
    async [Symbol.asyncDispose]() {
      relay.close()
      await open[Symbol.asyncDispose]()
    },
  }
}

/** Connects and shows a ticket. */
export async function come(at: { host: string; port: number }, ticket: Uint8Array): Promise<net.Socket> {
  const socket = await tcpClient(at)
  socket.setNoDelay(true)
  socket.write(Buffer.concat([Buffer.from([relayByte]), ticket]))
  return socket
}

/** The relay has said that the other end is there; nothing came with it. */
export async function answered(socket: net.Socket): Promise<void> {
  const [bytes] = await within('the answer of the relay', once(socket, 'data'))
  socket.pause()
  if (bytes.length !== 1 || bytes[0] !== relayByte) throw new Error(`the relay answered ${bytes.toString('hex')}`)
}

/** The next `size` bytes that come. */
export function receive(socket: net.Socket, size: number): Promise<Buffer> {
  const got: Buffer[] = []
  let length = 0
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const take = (chunk: Buffer) => {
    got.push(chunk)
    length += chunk.length
    if (length >= size) resolve(Buffer.concat(got))
  }
  const closed = () => reject(new Error(`closed after ${length} bytes`))
  socket.on('data', take)
  socket.once('close', closed)
  socket.resume()
  return within(`${size} bytes`, promise).finally(() => {
    socket.off('data', take)
    socket.off('close', closed)
    socket.pause()
  })
}
