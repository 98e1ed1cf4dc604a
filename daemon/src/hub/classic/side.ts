import { networkInterfaces } from 'node:os'
import { type HostPort, isLoopback } from '../../protocol/addresses.ts'
import type { ClassicMode } from '../../protocol/control.ts'
import { foldAlias } from '../../protocol/names.ts'
import type { AccountStore } from '../accounts.ts'
import type { Circle } from '../circle.ts'
import type { Place } from '../circles.ts'
import type { HubNews } from '../news.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Strangers } from '../strangers.ts'
import { ClassicCircle } from './circle.ts'
import { ClassicDoor } from './door.ts'
import type { ClassicOptions } from './options.ts'
import { isAllowed, isClassicTarget } from './target.ts'

export interface ClassicSideOptions
  extends Pick<ClassicOptions, 'storage' | 'clock' | 'log' | 'blocks' | 'chats' | 'tell'> {
  readonly mode: ClassicMode | undefined
  readonly store: AccountStore
  readonly client: Pick<RegistryClient, 'online' | 'session'>
  readonly strangers: Strangers
  /** Where this hub listens. */
  readonly addresses: () => readonly HostPort[]
  readonly watch: (listener: (news: HubNews) => void) => () => void
}

/** Everything of a hub that has to do with classic clients. */
export class ClassicSide {
  readonly circle: ClassicCircle
  /** For the port of the hub. */
  readonly gate: ClassicDoor
  readonly #options: ClassicSideOptions
  readonly #unwatch: () => void

  private constructor(options: ClassicSideOptions, circle: ClassicCircle, mode: ClassicMode) {
    this.#options = options
    this.circle = circle
    this.gate = new ClassicDoor({
      allows: address => isAllowed(mode, address),
      take: (address, brought) => circle.take(address, brought),
      log: options.log,
    })
    this.#unwatch = options.watch(({ requests }) => {
      if (requests) circle.requestsChanged()
    })
  }

  /** @throws ParleyError `damaged-data` */
  static async open(options: ClassicSideOptions): Promise<ClassicSide> {
    const { mode = 'loopback', store, client, strangers, addresses } = options
    const circle = await ClassicCircle.open({
      ...options,
      mode,
      requests: strangers.waiting,
      policy: () => strangers.policy,
      own: () => {
        const account = store.current
        if (!account) return { name: strangers.name, isBusy: false }
        const { user, name, classicAlias, availability } = account
        return { user, name: classicAlias || name, isBusy: availability === 'busy' }
      },
      online: user => client.online.get(user),
      isRegistryHere: () => isThisMachine(client.session?.registry.link.remoteAddress ?? ''),
      isOwnPort: place => addresses().some(own => own.port === place.port && covers(own.host, place.host)),
    })
    return new ClassicSide(options, circle, mode)
  }

  /** The classic client that a person names as such, by `classic:[NAME@]HOST[:PORT]`; undefined: it is another name. */
  named(text: string): Promise<Place> | undefined {
    return isClassicTarget(text) ? this.circle.open(text).then(conversation => this.#place(conversation)) : undefined
  }

  /** Whoever is in the team's list as a classic client of that name. @throws ParleyError `unreachable`, `unsupported` */
  listed(name: string): Place | undefined {
    const folded = foldAlias(name.trim().replace(/^@/, ''))
    const person = this.#options.client.online.classicNamed(folded)
    return person && this.#place(this.circle.openListed(person))
  }

  async close(): Promise<void> {
    this.#unwatch()
    this.gate.close()
    await this.circle.close()
  }

  #place(conversation: Place['conversation']): Place {
    const circle: Circle = this.circle
    return { circle, conversation }
  }
}

/** Whether whoever listens on `host` takes what is sent to an address. */
function covers(host: string, address: string): boolean {
  const isAny = host === '::' || host === '0.0.0.0'
  return isAny ? isThisMachine(address) : host === address
}

function isThisMachine(address: string): boolean {
  if (isLoopback(address)) return true
  return Object.values(networkInterfaces()).some(list => list?.some(one => one.address === address))
}
