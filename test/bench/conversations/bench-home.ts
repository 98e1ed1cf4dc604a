import { mkdirSync } from 'node:fs'
import type { Storage } from '@parley/kit'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { type Conversations, openConversations } from '../../../daemon/src/hub/conversations/conversations.ts'
import type { Rooms } from '../../../daemon/src/hub/conversations/members.ts'
import { RoomMembers } from '../../../daemon/src/hub/conversations/membership/room-members.ts'
import { silentLog } from '../../../daemon/src/log.ts'
import { Dialer } from '../../../daemon/src/net/dial.ts'
import type { Identity } from '../../../daemon/src/net/identity.ts'
import type { Link } from '../../../daemon/src/net/link.ts'
import { listenPort } from '../../../daemon/src/net/port.ts'
import { HybridClock } from '../../../daemon/src/protocol/clock.ts'
import { deviceId, fromText } from '../../../daemon/src/protocol/ids.ts'
import { type Actor, identityOf, keyringOf, registry } from './cast.ts'

const alpn = 'parley-peer/1'

/** The conversations of somebody over the embedded storage and real links, without a registry or a front end. */
export class BenchHome implements AsyncDisposable {
  readonly self: Actor
  readonly storage: Storage
  readonly conversations: Conversations
  readonly #actors: readonly Actor[]
  #identity: Promise<Identity> | undefined
  readonly #stack: AsyncDisposableStack

  private constructor(
    self: Actor,
    actors: readonly Actor[],
    storage: Storage,
    conversations: Conversations,
    stack: AsyncDisposableStack,
  ) {
    this.self = self
    this.storage = storage
    this.conversations = conversations
    this.#actors = actors
    this.#stack = stack
  }

  static async open(dir: string, self: Actor, actors: readonly Actor[]): Promise<BenchHome> {
    const stack = new AsyncDisposableStack()
    mkdirSync(dir, { recursive: true })
    const storage = await openSqliteStorage({ dir, log: silentLog })
    stack.defer(() => storage.close())
    const keyring = keyringOf(actors)
    const rooms: Rooms = {
      membersOf: (room, entries, keys) => RoomMembers.of({ room, self: self.user, keyring: keys }, entries),
      meet: async () => {},
    }
    const clock = new HybridClock()
    const conversations = await openConversations({
      storage,
      account: self.account,
      clock,
      log: silentLog,
      keyring,
      rooms,
    })
    stack.defer(() => conversations.close())
    return new BenchHome(self, actors, storage, conversations, stack)
  }

  /** What its links show: made once, which takes a while. */
  identity(): Promise<Identity> {
    this.#identity ??= identityOf(this.self)
    return this.#identity
  }

  /** Takes links; gives the port. */
  async listen(): Promise<number> {
    const port = await listenPort({
      identity: await this.identity(),
      listen: [{ host: '127.0.0.1', port: 0 }],
      alpn: { [alpn]: link => this.#take(link) },
      log: silentLog,
    })
    this.#stack.defer(() => port.close())
    return port.addresses[0]?.port ?? 0
  }

  /** Links with somebody who listens. */
  async dial(who: Actor, port: number): Promise<Link> {
    const dialer = new Dialer({ identity: await this.identity(), log: silentLog })
    this.#stack.defer(() => dialer.close())
    const expect = fromText(who.account.device)
    const link = await dialer.dial({ host: '127.0.0.1', port, alpn, expect })
    this.#take(link)
    return link
  }

  /** Resolves as soon as `holds` does, asked after each change. */
  async until(holds: () => boolean): Promise<void> {
    if (holds()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = this.conversations.watch(() => holds() && resolve())
    if (holds()) resolve()
    await promise
    stop()
  }

  #take(link: Link): void {
    link.established()
    link.allowLargeFrames()
    const device = deviceId(link.peerId)
    const other = this.#actors.find(({ account }) => account.device === device)
    if (other === undefined) {
      link.close()
      return
    }
    const { user, name, displayName, account } = other
    const attached = this.conversations.attach({
      ...{ registry, user, name, displayName, device },
      keys: new Map([[device, account.spki]]),
      signal: link.signal,
      send: is => link.send(is),
    })
    link.handle({ event: is => attached.event(is) })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}
