import type { Auth, Log, Storage } from '@parley/kit'
import type { Config } from '../config.ts'
import type { Check } from '../doctor/doctor.ts'
import { ParleyError } from '../errors.ts'
import { readAddressSet } from '../net/address-set.ts'
import { listenPort, type PortLimits } from '../net/port.ts'
import { nothingPlugged, type Plugged } from '../plugins/plugged.ts'
import { formatHostPort, ports, readHostPort } from '../protocol/addresses.ts'
import type { ControlRequests, StatusInfo } from '../protocol/control.ts'
import type { RegistryId } from '../protocol/ids.ts'
import { Accounts } from './accounts.ts'
import { announce } from './announcements.ts'
import { classicAnswers } from './answers/classic.ts'
import { devicesAnswers } from './answers/devices.ts'
import { inviteAnswers } from './answers/invites.ts'
import { mailboxAnswers } from './answers/mailbox.ts'
import { passwordAnswers } from './answers/passwords.ts'
import { peopleAnswers } from './answers/people.ts'
import { relayAnswers } from './answers/relay.ts'
import { standingAnswers } from './answers/standing.ts'
import { Attestations } from './attestations.ts'
import type { Audit } from './audit.ts'
import { Changes } from './changes.ts'
import { startClassic } from './classic/classic.ts'
import { ClassicClients } from './classic-clients.ts'
import { classicPeople } from './classic-people.ts'
import { Credentials } from './credentials.ts'
import { Devices } from './devices.ts'
import { Directory } from './directory.ts'
import { registryChecks } from './doctor.ts'
import { Heartbeats } from './heartbeats.ts'
import { registryAddress, whereabouts } from './invite-text.ts'
import { Invites } from './invites.ts'
import { Inviting } from './inviting.ts'
import { LastSeen } from './last-seen.ts'
import type { MailLimits } from './mailbox/boxes.ts'
import { Mailbox } from './mailbox/mailbox.ts'
import { measureProcess, measureRegistry, RequestMeasures } from './measures.ts'
import { Metrics } from './metrics.ts'
import { Notices } from './notices.ts'
import { OnlineList } from './online-list.ts'
import { Operator, type Upkeep } from './operator.ts'
import { People } from './people.ts'
import { Presence } from './presence.ts'
import { Relay, type RelayLimits } from './relay/relay.ts'
import { Resets } from './resets.ts'
import { serveLink } from './service.ts'
import { Sessions } from './sessions.ts'
import { Settings } from './settings.ts'
import { SignUps } from './sign-up.ts'
import { Guesses } from './throttle.ts'
import { Users } from './users.ts'

/** The protocol that the links of a registry speak (ALPN). */
const registryProtocol = 'parley-registry/1'

export interface RegistryOptions {
  readonly storage: Storage
  /** Secrets by name, made once and kept sealed. */
  readonly secrets: { getOrCreate(name: string, make: () => Uint8Array): Promise<Uint8Array> }
  readonly auths: readonly Auth[]
  /** Guards and observers of plugins. Absent: there are none. */
  readonly plugged?: Plugged
  /** Where the acts are noted that a restored backup must not undo. */
  readonly audit: Audit
  /** As configured; how durable storage must be is for whoever opens it. */
  readonly options: Omit<Config['registry'], 'volatile' | 'classicTimeout'> &
    Partial<Pick<Config['registry'], 'classicTimeout'>>
  readonly log: Log
  /** The wall clock in ms since 1970. */
  readonly now?: () => number
  /** Waits in ms that tests shorten. */
  readonly waits?: {
    readonly unsigned?: number
    readonly presenceGrace?: number
    readonly presenceFlush?: number
    readonly beatFresh?: number
    readonly statusPace?: number
    readonly lastSeenEvery?: number
  }
  readonly limits?: Partial<PortLimits & RelayLimits & MailLimits>
  /** How it is kept; without it, it cannot be backed up or told to read its configuration again. */
  readonly upkeep?: Upkeep
  /** The address by which others reach this machine now: for a registry without a public address. */
  readonly ownHost?: () => string | undefined
}

export interface Registry {
  readonly id: RegistryId
  /** A parley link without a code, by which people reach it now. */
  readonly address: string
  /** HOST:PORT, with the real ports. */
  readonly listen: readonly string[]
  readonly heartbeat: string
  /** The requests of the control API about invites. @throws ParleyError `usage`, `bad-name`, `sign-up-closed` */
  readonly invites: Inviting
  /** The requests of the control API about accounts. */
  readonly users: Users
  /** The request of the control API. @throws ParleyError `bad-address`, `usage` */
  announce(wish: ControlRequests['announce'][0]): Promise<ControlRequests['announce'][1]>
  /** The requests of the control API about keeping it. */
  backup(wish: ControlRequests['backup'][0]): Promise<ControlRequests['backup'][1]>
  reload(): Promise<ControlRequests['reload'][1]>
  metrics(): Promise<ControlRequests['metrics'][1]>
  status(): NonNullable<StatusInfo['registry']>
  /** What `parley doctor` looks at. */
  checks(): readonly Check[]
  close(): Promise<void>
}

/**
 * Starts the server of a team. Its identity is its key, which is a sealed secret of its storage.
 * @throws ParleyError `port-taken`, `bad-address`, `plugin`, and what storage and secrets throw
 */
export async function startRegistry(start: RegistryOptions): Promise<Registry> {
  const closers: (() => void | Promise<void>)[] = []
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end()
  }
  try {
    return Object.assign(await openRegistry(start, closers), { close })
  } catch (error) {
    await close()
    throw error
  }
}

/** Builds the parts in order; `closers` takes how each is stopped. */
async function openRegistry(
  start: RegistryOptions,
  closers: (() => void | Promise<void>)[],
): Promise<Omit<Registry, 'close'>> {
  const { options, log, now = Date.now } = start
  const notices = await Notices.open({ storage: start.storage, secrets: start.secrets, now })
  const { registry } = notices
  const parts = await buildParts(start, notices)
  const { directory, presence, lastSeen, onlineList, changes, accounts, signUps, settings, metrics, relay } = parts
  closers.push(
    () => lastSeen.close(),
    () => presence.close(),
    () => parts.heartbeats.close(),
    () => onlineList.close(),
    () => changes.close(),
    () => parts.mailbox.close(),
  )
  const classic = await startClassic({
    storage: start.storage,
    mode: options.classic,
    signUp: signUps.policy,
    heartbeat: readHostPort(options.heartbeat, ports.heartbeat),
    people: aliases => classicPeople(parts, aliases),
    onDatagram: (datagram, answer) => parts.heartbeats.take(datagram, answer),
    log,
    now,
    ...(options.classicTimeout === undefined ? {} : { sessionTimeout: options.classicTimeout }),
  })
  classic.watch(change => parts.classicClients.take(change))
  settings.watch(now => classic.admit(now.classic, settings.signUp))
  closers.push(() => classic.close())
  // Made anew each time: a machine that moves to another network has another address there.
  const where = () => {
    const { public: known } = settings.now
    const place = known === undefined ? undefined : readHostPort(known, ports.registry)
    return whereabouts({ registry, listen: port.addresses }, place, start.ownHost)
  }
  const inviting = new Inviting({ ...parts, where })
  const users = new Users({
    ...parts,
    storage: start.storage,
    about: () => ({ team: settings.now.name, address: registryAddress(where()) }),
    endClassic: names => classic.end(names),
  })
  const answers = {
    ...standingAnswers(parts),
    ...peopleAnswers(parts),
    ...devicesAnswers(parts),
    ...passwordAnswers(parts),
    ...inviteAnswers({ accounts, inviting }),
    ...classicAnswers({ aliases: classic.aliases, mode: () => settings.now.classic }),
    ...relayAnswers(parts),
    ...mailboxAnswers(parts),
  }
  const requests = new RequestMeasures(metrics)
  const service = { ...parts, answers, requests, heartbeatPort: classic.heartbeat.port }
  const port = await listenPort({
    listen: options.listen.map(address => readHostPort(address, ports.registry)),
    identity: notices.identity,
    alpn: { [registryProtocol]: link => serveLink(link, service) },
    classic: classic.gate,
    relay,
    trustedProxies: readAddressSet(options.trustedProxies ?? []),
    log,
    ...(start.limits ? { limits: start.limits } : {}),
  })
  closers.push(() => port.close())
  settings.watch(({ trustedProxies }) => port.trust(readAddressSet(trustedProxies ?? [])))
  measureRegistry(metrics, { ...parts, port })
  closers.push(measureProcess(metrics))

  const operator = new Operator(start.upkeep, parts)
  const shown = { listen: port.addresses.map(formatHostPort), heartbeat: formatHostPort(classic.heartbeat) }
  const status = () => ({
    registry,
    address: registryAddress(where()),
    ...shown,
    team: settings.now.name,
    signUp: signUps.policy,
    classic: settings.now.classic,
    users: directory.size,
    online: presence.count,
    connections: port.connections,
    relayed: relay.pairs,
    mail: { items: parts.mailbox.items, bytes: parts.mailbox.bytes },
  })
  return {
    id: registry,
    get address() {
      return registryAddress(where())
    },
    ...shown,
    invites: inviting,
    users,
    announce: wish => announce(wish, { ...parts, port }),
    backup: wish => operator.backup(wish),
    reload: () => operator.reload(),
    metrics: () => operator.metrics(),
    checks: () => registryChecks({ status, keyId: () => notices.identity.id }),
    status,
  }
}

/** Everything that needs no port: what is known of people, and the rules of getting in. */
async function buildParts(start: RegistryOptions, notices: Notices) {
  const { registry, identity } = notices
  const { storage, audit, options, log, now = Date.now, waits = {} } = start
  const settings = new Settings(options)
  const auths = byMechanism(start.auths)
  const accounts = new Accounts({ storage, now })
  const directory = new Directory()
  await directory.load(accounts.all())
  const invites = new Invites({ storage, now })
  const resets = new Resets({ storage, now })
  const guesses = new Guesses(now)
  const lastSeen = await LastSeen.open({
    storage,
    log,
    now,
    ...(waits.lastSeenEvery === undefined ? {} : { every: waits.lastSeenEvery }),
  })
  const presence: Presence = new Presence({
    changed: user => onlineList.changed(user),
    seen: lastSeen,
    now,
    ...(waits.presenceGrace === undefined ? {} : { grace: waits.presenceGrace }),
    ...(waits.statusPace === undefined ? {} : { pace: waits.statusPace }),
  })
  const sessions: Sessions = new Sessions(presence, (session, why) => heartbeats.goesOn(session, why))
  const heartbeats = new Heartbeats({ sessions, presence, now, fresh: waits.beatFresh })
  const attestations = new Attestations({ registry, privateKey: identity.privateKey, now })
  const changes = new Changes({ sessions, accounts, attestations, log })
  const mailbox = await Mailbox.open({
    registry,
    storage,
    sessions,
    log,
    now,
    ...(start.limits && { limits: start.limits }),
  })
  const devices = new Devices({ registry, storage, accounts, sessions, changes, mailbox, audit, log, now })
  const classicClients = new ClassicClients({ presence, now, changed: user => onlineList.changed(user) })
  const people = new People({
    accounts,
    attestations,
    directory,
    presence,
    sessions,
    mailbox,
    classic: classicClients,
  })
  const onlineList = new OnlineList({
    online: () => [...presence.online(), ...classicClients.users()],
    person: user => people.person(user),
    total: () => directory.size,
    ...(waits.presenceFlush === undefined ? {} : { flush: waits.presenceFlush }),
  })
  return {
    registry,
    notices,
    settings,
    metrics: new Metrics(),
    auths,
    plugged: start.plugged ?? nothingPlugged(),
    audit,
    accounts,
    changes,
    classicClients,
    devices,
    directory,
    heartbeats,
    invites,
    mailbox,
    signUps: new SignUps({ policy: () => settings.signUp, storage, accounts, invites, now }),
    guesses,
    resets,
    credentials: new Credentials({ storage, auths, accounts, devices, resets, guesses, audit }),
    attestations,
    presence,
    relay: new Relay({ sessions, log, ...(start.limits && { limits: start.limits }) }),
    lastSeen,
    sessions,
    people,
    onlineList,
    log,
    now,
    ...(waits.unsigned === undefined ? {} : { unsigned: waits.unsigned }),
  }
}

function byMechanism(auths: readonly Auth[]): ReadonlyMap<string, Auth> {
  const map = new Map(auths.map(auth => [auth.mechanism, auth]))
  if (map.size === 0)
    throw new ParleyError('plugin', 'A registry needs a plugin that signs people in: add "@parley/auth-password".')
  if (map.size === auths.length) return map
  throw new ParleyError('plugin', 'Two plugins offer the same way to sign in. Keep one of them.')
}
