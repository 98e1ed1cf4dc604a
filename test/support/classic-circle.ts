import { randomBytes } from 'node:crypto'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { Blocks } from '../../daemon/src/hub/blocks.ts'
import { ClassicCircle } from '../../daemon/src/hub/classic/circle.ts'
import { ClassicDoor, type DoorOptions } from '../../daemon/src/hub/classic/door.ts'
import type { ClassicOptions } from '../../daemon/src/hub/classic/options.ts'
import { isAllowed } from '../../daemon/src/hub/classic/target.ts'
import type { HubNews } from '../../daemon/src/hub/news.ts'
import { Requests } from '../../daemon/src/hub/requests/requests.ts'
import { createIdentity } from '../../daemon/src/net/identity.ts'
import { listenPort } from '../../daemon/src/net/port.ts'
import { HybridClock } from '../../daemon/src/protocol/clock.ts'
import type { DirectInfo, MessageInfo, PersonInfo } from '../../daemon/src/protocol/control.ts'
import { type ConversationId, conversationId, deviceId, messageId, type UserId } from '../../daemon/src/protocol/ids.ts'
import { RecordedLog } from './recorded-log.ts'

export interface CircleChanges {
  readonly storage?: Storage
  readonly mode?: ClassicOptions['mode']
  readonly policy?: 'ask' | 'accept'
  readonly name?: string
  readonly waits?: ClassicOptions['waits']
  readonly door?: Pick<DoorOptions, 'waits' | 'pace'>
  readonly isRegistryHere?: boolean
}

/** The classic side of a hub on a real port, without the hub. */
export class TestCircle implements AsyncDisposable {
  readonly circle: ClassicCircle
  readonly requests: Requests
  readonly blocks: Blocks
  readonly storage: Storage
  readonly log: RecordedLog
  readonly news: HubNews[]
  readonly port: number
  /** Of the team's list. */
  readonly online: Map<UserId, PersonInfo>
  readonly #held: AsyncDisposableStack

  static async start(changes: CircleChanges = {}): Promise<TestCircle> {
    const { storage = openMemoryStorage(), mode = 'loopback', policy = 'accept', name = 'alice', waits, door } = changes
    const log = new RecordedLog()
    const news: HubNews[] = []
    const online = new Map<UserId, PersonInfo>()
    const held = new AsyncDisposableStack()
    const blocks = await Blocks.open(storage, { clock: new HybridClock(), device: deviceId(new Uint8Array(32)) })
    let circle: ClassicCircle | undefined
    const changed = () => circle?.requestsChanged()
    const requests = await Requests.open({ storage, now: Date.now, blocks, changed })
    let ownPort = 0
    circle = await ClassicCircle.open({
      storage,
      clock: new HybridClock(),
      log,
      mode,
      blocks,
      requests,
      policy: () => policy,
      chats: {
        ...{ shown: () => ({ muted: false, draft: '' }), drafted: new Set(), areReceiptsOn: true },
        ...{ arrived: () => {}, attachOwn: () => ({ event: async () => {} }) },
      },
      own: () => ({ name, isBusy: false }),
      online: user => online.get(user),
      isRegistryHere: () => changes.isRegistryHere ?? true,
      isOwnPort: ({ host, port }) => host === '127.0.0.1' && port === ownPort,
      tell: one => void news.push(one),
      waits: { retry: { first: 20, fast: 20, slow: 20 }, ...waits },
    })
    const theCircle = circle
    held.defer(() => theCircle.close())
    const classic = new ClassicDoor({
      allows: address => isAllowed(mode, address),
      take: (address, brought) => theCircle.take(address, brought),
      log,
      ...door,
    })
    const port = await listenPort({
      listen: [{ host: '127.0.0.1', port: 0 }],
      identity: await createIdentity(),
      alpn: {},
      classic,
      log,
    })
    held.defer(() => port.close())
    held.defer(() => classic.close())
    ownPort = port.addresses[0]?.port ?? 0
    theCircle.reachAll()
    return new TestCircle({ circle: theCircle, requests, blocks, storage, log, news, online, held, port: ownPort })
  }

  private constructor(parts: {
    circle: ClassicCircle
    requests: Requests
    blocks: Blocks
    storage: Storage
    log: RecordedLog
    news: HubNews[]
    online: Map<UserId, PersonInfo>
    held: AsyncDisposableStack
    port: number
  }) {
    this.circle = parts.circle
    this.requests = parts.requests
    this.blocks = parts.blocks
    this.storage = parts.storage
    this.log = parts.log
    this.news = parts.news
    this.online = parts.online
    this.port = parts.port
    this.#held = parts.held
  }

  get listed(): DirectInfo[] {
    return this.circle.listed()
  }

  /** The conversation with whoever has that name. */
  with(name: string): DirectInfo {
    const found = this.listed.find(({ person }) => person.name === name)
    if (!found) throw new Error(`There is no conversation with ${name}`)
    return found
  }

  async messages(name: string): Promise<readonly MessageInfo[]> {
    const { messages } = await this.circle.history(conversationId(this.with(name).conversation), { limit: 500 })
    return messages
  }

  async texts(name: string): Promise<string[]> {
    return (await this.messages(name)).map(({ text }) => text)
  }

  say(to: ConversationId, text: string, message = messageId(randomBytes(16))): Promise<MessageInfo> {
    return this.circle.send(to, { text, message })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync()
  }
}
