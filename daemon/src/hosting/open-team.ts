import type { Log } from '@parley/kit'
import { acquireLock } from '../client/lock.ts'
import { type Config, usualPlugins } from '../config.ts'
import { ParleyError } from '../errors.ts'
import { ensureFolder, ensureHome, type Locations } from '../locations.ts'
import { loadPlugins } from '../plugins/host.ts'
import type { BuiltIns } from '../plugins/import.ts'
import { SecretBox } from '../plugins/secrets.ts'
import type { Registry } from '../registry/registry.ts'
import { Teardown } from '../teardown.ts'
import { withPlaces } from './ports.ts'
import type { TeamWish } from './team-config.ts'

/** A registry that runs, with the storage that is its own. */
export interface OpenTeam {
  readonly registry: Registry
  /** Closes the registry, then its plugins, then lets go of its home. */
  close(): Promise<void>
}

/**
 * Opens a registry in a home of its own, as `parley registry` does, on the wanted places or on free ones beside them.
 *
 * @throws ParleyError `already-running` when a registry runs there, and whatever plugins and registry throw; what was
 * built before is closed
 */
export async function openTeam(options: {
  readonly where: Locations
  readonly wish: TeamWish
  readonly plugins?: Config['plugins']
  readonly builtIns: BuiltIns
  readonly log: Log
  readonly now: () => number
  /** Called when another registry has taken its storage: it must be closed. */
  readonly lost: (error: ParleyError) => void
  /** Ends the opening. */
  readonly signal: AbortSignal
  /** The address by which others reach this machine, now. */
  readonly ownHost: () => string | undefined
}): Promise<OpenTeam> {
  const built = new Teardown()
  try {
    return { registry: await build(options, built), close: () => built.run() }
  } catch (error) {
    await built.run().catch(failure => options.log.error({ error: failure }, 'A part of the team could not be stopped'))
    throw error
  }
}

async function build(options: Parameters<typeof openTeam>[0], built: Teardown): Promise<Registry> {
  const { wish, builtIns, log, now, signal, ownHost } = options
  const where = ensureHome(options.where.home)
  const lock = acquireLock(where.lock)
  built.defer(() => lock.release())

  const closing = new AbortController()
  // The key is in the team's own home: the environment's is of another registry.
  const secretBox = SecretBox.open(where.registryKey, {})
  const anyEnd = AbortSignal.any([signal, closing.signal])
  const { Keeping } = await import('../registry/keeping.ts')
  const keeping = new Keeping({ where, log, now, signal: anyEnd })
  void keeping.lost.then(options.lost)
  built.defer(() => keeping.close())
  const plugins = await loadPlugins({
    entries: options.plugins ?? usualPlugins(['registry']),
    builtIns,
    configDir: where.home,
    dirs: where,
    log,
    signal: anyEnd,
    secretBox,
    prepare: storage => keeping.open(storage),
  })
  built.defer(() => plugins.close())
  built.defer(() => keeping.close())
  built.defer(() => closing.abort())
  const { storage, auths, plugged } = plugins

  const [{ startRegistry }, { AuditLog }] = await Promise.all([
    import('../registry/registry.ts'),
    import('../registry/audit.ts'),
  ])
  ensureFolder(where.logs, 'folder of logs')
  const audit = await AuditLog.open(where.auditLog, now)
  built.defer(() => audit.close())
  const registry = await withPlaces(wish, places =>
    startRegistry({
      storage,
      upkeep: {
        measure: metrics => keeping.measure(metrics),
        backup: (file, about) => keeping.backup(file, about),
        reload: async () => {
          throw new ParleyError('unsupported', 'A team inside a hub reads its configuration when the hub starts.')
        },
      },
      audit,
      secrets: { getOrCreate: (name, make) => secretBox.getOrCreate(storage, name, make) },
      auths,
      plugged,
      options: { ...wish, ...places },
      log,
      now,
      ownHost,
    }),
  )
  built.defer(() => registry.close())
  return registry
}
