import type { Log, Storage } from '@parley/kit'
import { acquireLock } from './client/lock.ts'
import { type Config, usualPlugins } from './config.ts'
import { startControl } from './control/server.ts'
import { spaceCheck, storageCheck, versionCheck } from './doctor/machine.ts'
import type { ParleyError } from './errors.ts'
import { HostedTeam } from './hosting/hosting.ts'
import type { Hub } from './hub/hub.ts'
import { ensureFolder, ensureHome, type Locations } from './locations.ts'
import { bringToFormat, formatRow, hubFormat, migratingRow } from './plugins/format.ts'
import { loadPlugins } from './plugins/host.ts'
import type { BuiltIns } from './plugins/import.ts'
import { SecretBox } from './plugins/secrets.ts'
import type { ControlRequests } from './protocol/control.ts'
import type { Keeping, KeepingOptions } from './registry/keeping.ts'
import type { Registry } from './registry/registry.ts'
import { Teardown } from './teardown.ts'

export interface DaemonOptions {
  readonly home: string
  /** Whether the caller holds the home's lock already. */
  readonly isLocked?: boolean
  readonly config: Config
  readonly roles: readonly ('hub' | 'registry')[]
  readonly builtIns: BuiltIns
  readonly log: Log
  /** ms without a front end after which the daemon stops; absent: it stays. */
  readonly linger?: number | undefined
  /** Whether a front end started it, which a newer one may then replace. */
  readonly isBackground?: boolean
  /** The wall clock in ms since 1970. */
  readonly now?: () => number
  /** Reads the configuration again, with what the command line says over it. */
  readonly reread?: () => Config
  /** Takes the log's level from a configuration; says whether it is another one. */
  readonly setLogLevel?: (config: Config) => boolean
}

export interface Daemon {
  readonly ready: Ready
  readonly hub: Hub | undefined
  /** Its own role, or the team that its hub hosts by now. */
  readonly registry: Registry | undefined
  /** Reads the configuration again; only where it is a registry. @throws ParleyError `bad-config` */
  readonly reload: (() => Promise<ControlRequests['reload'][1]>) | undefined
  /** Resolves when it has stopped, whoever asked for it; rejects when a part could not be stopped. */
  readonly stopped: Promise<void>
  /** Stops every part, the last one first. Called again, it waits for the same end. */
  stop(): Promise<void>
}

/** What scripts learn of a daemon once it serves: the one line of `--json`. */
export interface Ready {
  readonly event: 'ready'
  /** HOST:PORT, with the real port; the first one where there are several. Empty for a hub that no peer can reach. */
  readonly listen: string
  readonly heartbeat?: string
  readonly registryId?: string
  /** parley://host:port/id?v=1 */
  readonly address?: string
  readonly device?: string
}

/**
 * Builds the parts of a daemon in order: lock, plugins (with storage), registry (or the team that the hub hosts), hub,
 * control socket. Whatever fails stops what was built before, in reverse, and rejects with its ParleyError.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const built = new Teardown()
  try {
    return await build(options, built)
  } catch (error) {
    await built.run().catch(failure => options.log.error({ error: failure }, 'A part could not be stopped'))
    throw error
  }
}

async function build(options: DaemonOptions, built: Teardown): Promise<Daemon> {
  const { config, roles, builtIns, log, now = Date.now } = options
  const isRegistry = roles.includes('registry')
  const where = ensureHome(options.home)
  const stopping = new AbortController()

  const lock = options.isLocked ? undefined : acquireLock(where.lock)
  built.defer(() => lock?.release())

  const secretBox = SecretBox.open(where.registryKey)
  const keeping = isRegistry ? await keepingOf({ where, log, now, signal: stopping.signal }) : undefined
  built.defer(() => keeping?.close())
  const plugins = await loadPlugins({
    entries: config.plugins ?? usualPlugins(roles),
    builtIns,
    configDir: config.dir,
    dirs: where,
    log,
    signal: stopping.signal,
    secretBox,
    allowVolatile: !isRegistry || config.registry.volatile,
    prepare: storage => (keeping ? keeping.open(storage) : openHubStorage(storage, where, now)),
  })
  built.defer(() => plugins.close())
  built.defer(() => keeping?.close())
  // Plugins learn of the end only when nothing needs their storage any more.
  built.defer(() => stopping.abort())
  const { storage, search, auths, plugged } = plugins

  // Each role's code is loaded only where it is played: a hub starts in half the time.
  let registry: Registry | undefined
  if (isRegistry) {
    const [{ startRegistry }, { AuditLog }, { Reloading }] = await Promise.all([
      import('./registry/registry.ts'),
      import('./registry/audit.ts'),
      import('./reload.ts'),
    ])
    ensureFolder(where.logs, 'folder of logs')
    const audit = await AuditLog.open(where.auditLog, now)
    built.defer(() => audit.close())
    const reloading = new Reloading(config, options.reread ?? (() => config), options.setLogLevel ?? (() => false))
    registry = await startRegistry({
      storage,
      ...(keeping && {
        upkeep: {
          measure: metrics => keeping.measure(metrics),
          backup: (file, about) => keeping.backup(file, about),
          reload: async settings => reloading.reload(settings),
        },
      }),
      audit,
      secrets: { getOrCreate: (name, make) => secretBox.getOrCreate(storage, name, make) },
      auths,
      plugged,
      options: config.registry,
      log,
      now,
    })
    built.defer(() => registry?.close())
  }

  let hub: Hub | undefined
  let hosting: HostedTeam | undefined
  if (roles.includes('hub')) {
    // Before the hub, which signs in there at once; and in its place when all is stopped, whenever the team was started.
    if (!isRegistry) {
      hosting = new HostedTeam({ home: where.home, wish: config.registry, builtIns, log, now })
      built.defer(() => hosting?.close())
      await hosting.resume()
    }
    const { startHub } = await import('./hub/hub.ts')
    hub = await startHub({
      storage,
      search,
      plugged,
      locations: where,
      options: config.hub,
      log,
      now,
      ...(hosting && { hosting }),
    })
    built.defer(() => hub?.close())
  }

  const end = Promise.withResolvers<void>()
  end.promise.catch(() => {})
  const control = await startControl({
    home: where.home,
    daemonFile: where.daemonFile,
    roles,
    hub,
    registry: () => registry ?? hosting?.registry,
    checks: () => [versionCheck(), spaceCheck(where.home), storageCheck(storage, now)],
    log,
    stop: () => void stop().catch(() => {}),
    linger: options.linger,
    isBackground: options.isBackground ?? false,
    now,
  })
  built.defer(() => control.close())

  let hasBegun = false
  let failure: ParleyError | undefined
  void keeping?.lost.then(error => {
    log.error({ code: error.code }, error.message)
    failure = error
    void stop().catch(() => {})
  })
  function stop(): Promise<void> {
    if (!hasBegun) built.run().then(() => (failure ? end.reject(failure) : end.resolve()), end.reject)
    hasBegun = true
    return end.promise
  }
  log.info({ roles, home: where.home }, 'The daemon is ready')
  return {
    ready: readyOf(registry, hub),
    hub,
    get registry() {
      return registry ?? hosting?.registry
    },
    reload: registry && (() => registry.reload()),
    stopped: end.promise,
    stop,
  }
}

/** The code of a registry is loaded only where there is one. */
async function keepingOf(options: KeepingOptions): Promise<Keeping> {
  const { Keeping } = await import('./registry/keeping.ts')
  return new Keeping(options)
}

async function openHubStorage(storage: Storage, where: Locations, now: () => number): Promise<Storage> {
  await bringToFormat(storage, hubFormat, async found => {
    const { backUpBeforeUpgrade } = await import('./backup/before-upgrade.ts')
    const isOfStorage = (key: string) => key === formatRow || key === migratingRow
    return backUpBeforeUpgrade(storage, found, { where, skips: isOfStorage, now })
  })
  return storage
}

function readyOf(registry: Registry | undefined, hub: Hub | undefined): Ready {
  return {
    event: 'ready',
    listen: registry?.listen[0] ?? hub?.status().listen[0] ?? '',
    ...(registry && { heartbeat: registry.heartbeat, registryId: registry.id, address: registry.address }),
    ...(hub && { device: hub.device }),
  }
}
