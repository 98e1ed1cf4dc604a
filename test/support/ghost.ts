import { create, toBinary } from '@bufbuild/protobuf'
import { helloTo } from '../../daemon/src/hub/peer-hello.ts'
import { ask } from '../../daemon/src/hub/registry/open.ts'
import { Dialer } from '../../daemon/src/net/dial.ts'
import { createIdentity, type Identity } from '../../daemon/src/net/identity.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import { readHostPort } from '../../daemon/src/protocol/addresses.ts'
import { type DeviceId, deviceId, type RegistryId } from '../../daemon/src/protocol/ids.ts'
import { type Event, EventSchema, RequestSchema, type Signed } from '../../daemon/src/protocol/parley_pb.ts'
import type { RunningHub } from './hub.ts'
import { alpn, openPort, testLog } from './links.ts'

/** What a ghost shows of itself in hellos. */
export interface GhostPapers {
  readonly registry: RegistryId
  readonly attestation: Signed
  readonly roster: Signed
}

/** A device of the registry's own that would pass for somebody's: it takes links, dials, and keeps all that it hears. */
export interface Ghost extends AsyncDisposable {
  readonly identity: Identity
  readonly id: DeviceId
  readonly port: number
  /** What it answers a hello with; without any, it answers with those of whoever asks. */
  papers: GhostPapers | undefined
  /** Links that came to it, whether or not anything was said. */
  readonly came: () => number
  /** Hellos that it heard. */
  readonly hellos: () => number
  /** Events of conversations that it heard. */
  readonly events: readonly Event['is'][]
  heard(text: string): boolean
  /** Says hello to a hub. @throws ParleyError what the hub refuses it with */
  dial(hub: RunningHub, papers: GhostPapers): Promise<Link>
}

export async function startGhost(): Promise<Ghost> {
  const identity = await createIdentity()
  const bytes: Buffer[] = []
  const events: Event['is'][] = []
  let came = 0
  let hellos = 0
  const dialer = new Dialer({ identity, log: testLog() })
  const hear = (is: Event['is']) => {
    events.push(is)
    bytes.push(Buffer.from(toBinary(EventSchema, create(EventSchema, { is }))))
  }
  const helloWith = (expected: Uint8Array, papers: GhostPapers) =>
    helloTo(expected, { ...papers, device: deviceId(identity.id), now: Date.now })
  const ghost: Omit<Ghost, typeof Symbol.asyncDispose | 'port'> = {
    identity,
    id: deviceId(identity.id),
    papers: undefined,
    came: () => came,
    hellos: () => hellos,
    events,
    heard: text => bytes.some(one => one.includes(text)),
    async dial(hub, papers) {
      const { host, port } = readHostPort(hub.hub.status().listen[0] ?? '', 1)
      const link = await dialer.dial({ host, port, alpn })
      link.handle({ event: async is => hear(is) })
      try {
        await ask(link, { case: 'peerHello', value: helloWith(link.peerId, papers) }, 'peerHello')
      } catch (error) {
        link.close()
        throw error
      }
      link.established()
      link.allowLargeFrames()
      return link
    },
  }
  const open = await openPort(
    link => {
      came++
      link.handle({
        request: async is => {
          bytes.push(Buffer.from(toBinary(RequestSchema, create(RequestSchema, { is }))))
          if (is.case !== 'peerHello') throw new Error('It wants a hello.')
          hellos++
          link.established()
          link.allowLargeFrames()
          const { papers } = ghost
          return { case: 'peerHello', value: papers ? helloWith(link.peerId, papers) : is.value }
        },
        event: async is => hear(is),
      })
    },
    { identity },
  )
  const close = async () => {
    dialer.close()
    await open[Symbol.asyncDispose]()
  }
  return Object.assign(ghost, { port: open.at.port, [Symbol.asyncDispose]: close })
}
