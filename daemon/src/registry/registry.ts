import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Auth, Log, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { createIdentity } from '../net/identity.ts'
import { listenPort, type PortLimits } from '../net/port.ts'
import { formatHostPort, type HostPort, ports, readHostPort } from '../protocol/addresses.ts'
import type { ClassicMode, InviteInfo, SignUpPolicy, StatusInfo } from '../protocol/control.ts'
import { type RegistryId, registryId } from '../protocol/ids.ts'
import { generateKeyPair } from '../protocol/keys.ts'
import { Accounts } from './accounts.ts'
import { Attestations } from './attestations.ts'
import { startClassic } from './classic/classic.ts'
import { classicPeople } from './classic-people.ts'
import { Directory } from './directory.ts'
import { inviteInfo, registryAddress } from './invite-text.ts'
import { Invites, type InviteWish } from './invites.ts'
import { OnlineList } from './online-list.ts'
import { People } from './people.ts'
import { Presence } from './presence.ts'
import { serveLink } from './service.ts'
import { Sessions } from './sessions.ts'
import { defaultSignUp, SignUps } from './sign-up.ts'
import { Guesses } from './throttle.ts'

/** The protocol that the links of a registry speak (ALPN). */
export const registryProtocol = 'parley-registry/1'

export interface RegistryOptions {
  readonly storage: Storage
  /** Secrets by name, made once and kept sealed. */
  readonly secrets: { getOrCreate(name: string, make: () => Uint8Array): Promise<Uint8Array> }
  readonly auths: readonly Auth[]
  readonly options: {
    /** HOST:PORT; port 0 is any free one. */
    readonly listen: readonly string[]
    readonly heartbeat: string
    /** HOST:PORT under which everybody reaches this registry. */
    readonly public?: string
    /** The team's name. */
    readonly name: string
    /** Without it: `open` on loopback only, else `invite`. */
    readonly signUp?: SignUpPolicy
    readonly classic: ClassicMode
    /** ms without a beat after which a classic login has ended. */
    readonly classicTimeout?: number
  }
  readonly log: Log
  /** The wall clock in ms since 1970. */
  readonly now?: () => number
  /** Waits in ms that tests shorten. */
  readonly waits?: { readonly unsigned?: number; readonly presenceGrace?: number; readonly presenceFlush?: number }
  readonly limits?: Partial<PortLimits>
}

export interface Registry {
  readonly id: RegistryId
  /** A parley link without a code. */
  readonly address: string
  /** HOST:PORT, with the real ports. */
  readonly listen: readonly string[]
  readonly heartbeat: string
  /** @throws ParleyError `usage`, `bad-name`, `sign-up-closed` */
  createInvite(wish: InviteWish): Promise<InviteInfo>
  status(): NonNullable<StatusInfo['registry']>
  close(): Promise<void>
}

/**
 * Starts the server of a team. Its identity is its key, which is a sealed secret of its storage.
 * @throws ParleyError `port-taken`, `bad-address`, `plugin`, and what storage and secrets throw
 */
export async function startRegistry(start: RegistryOptions): Promise<Registry> {
  const { storage, secrets, options, log, now = Date.now, waits = {} } = start
  const auths = byMechanism(start.auths)
  const signUp = options.signUp ?? defaultSignUp(options.listen)
  const identity = await createIdentity(await registryKey(secrets))
  const id = registryId(identity.id)

  const accounts = new Accounts({ storage, now })
  const directory = new Directory()
  await directory.load(accounts.all())
  const invites = new Invites({ storage, now })
  const signUps = new SignUps({ policy: signUp, storage, accounts, invites, now })
  const attestations = new Attestations({ registry: id, privateKey: identity.privateKey, now })
  const presence = new Presence({ changed: user => onlineList.changed(user), now, ...grace(waits.presenceGrace) })
  const sessions = new Sessions(presence)
  const people = new People({ accounts, attestations, directory, presence, sessions })
  const onlineList = new OnlineList({
    online: () => presence.online(),
    person: user => people.person(user),
    ...(waits.presenceFlush === undefined ? {} : { flush: waits.presenceFlush }),
  })
  await using starting = new AsyncDisposableStack()
  starting.defer(() => presence.close())
  starting.defer(() => onlineList.close())
  const classic = await startClassic({
    storage,
    mode: options.classic,
    heartbeat: readHostPort(options.heartbeat, ports.heartbeat),
    people: classicPeople(directory, sessions),
    log,
    now,
    ...(options.classicTimeout === undefined ? {} : { sessionTimeout: options.classicTimeout }),
  })
  starting.defer(() => classic.close())
  const parts = {
    registry: id,
    auths,
    accounts,
    signUps,
    guesses: new Guesses(now),
    log,
    team: options.name,
    heartbeatPort: classic.heartbeat.port,
    attestations,
    directory,
    sessions,
    people,
    onlineList,
    now,
    ...(waits.unsigned === undefined ? {} : { unsigned: waits.unsigned }),
  }
  const port = await listenPort({
    listen: options.listen.map(address => readHostPort(address, ports.registry)),
    identity,
    alpn: { [registryProtocol]: link => serveLink(link, parts) },
    classic: classic.gate,
    log,
    ...(start.limits ? { limits: start.limits } : {}),
  })
  starting.defer(() => port.close())
  const where = { registry: id, listen: port.addresses, ...publicAddress(options.public) }
  const listen = port.addresses.map(formatHostPort)
  const heartbeat = formatHostPort(classic.heartbeat)
  const running = starting.move()
  return {
    id,
    address: registryAddress(where),
    listen,
    heartbeat,
    async createInvite(wish) {
      if (signUp !== 'closed') return inviteInfo(options.name, where, () => invites.create(wish))
      throw new ParleyError(
        'sign-up-closed',
        'This registry takes no sign-ups. Set "signUp" to "invite" and start it anew.',
      )
    },
    status: () => ({
      registry: id,
      address: registryAddress(where),
      team: options.name,
      listen,
      heartbeat,
      signUp,
      classic: options.classic,
      users: directory.size,
      online: presence.count,
      connections: port.connections,
    }),
    close: () => running.disposeAsync(),
  }
}

async function registryKey(secrets: RegistryOptions['secrets']): Promise<KeyObject> {
  const make = () => new Uint8Array(generateKeyPair().privateKey.export({ format: 'der', type: 'pkcs8' }))
  const key = await secrets.getOrCreate('registry/key', make)
  return createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' })
}

function byMechanism(auths: readonly Auth[]): ReadonlyMap<string, Auth> {
  const map = new Map(auths.map(auth => [auth.mechanism, auth]))
  if (map.size === 0)
    throw new ParleyError('plugin', 'A registry needs a plugin that signs people in: add "@parley/auth-password".')
  if (map.size === auths.length) return map
  throw new ParleyError('plugin', 'Two plugins offer the same way to sign in. Keep one of them.')
}

function grace(given: number | undefined): { grace?: number } {
  return given === undefined ? {} : { grace: given }
}

function publicAddress(text: string | undefined): { public?: HostPort } {
  return text === undefined ? {} : { public: readHostPort(text, ports.registry) }
}
