import { createPrivateKey } from 'node:crypto'
import type { Storage } from '@parley/kit'
import { acquireLock } from '../client/lock.ts'
import { type Config, findConfig, loadConfig, usualPlugins } from '../config.ts'
import { ensureFolder, ensureHome, type Locations } from '../locations.ts'
import { createLog, readLogLevel } from '../log.ts'
import { loadPlugins } from '../plugins/host.ts'
import { SecretBox } from '../plugins/secrets.ts'
import { registryId } from '../protocol/ids.ts'
import { idOfKey, spkiOf } from '../protocol/keys.ts'
import { type AuditEvent, AuditLog } from '../registry/audit.ts'
import { Keeping } from '../registry/keeping.ts'
import { type CommonOptions, homeOf } from './command.ts'
import type { Terminal } from './terminal.ts'

/** A registry's home that no daemon runs for, with its storage as it is. */
export interface StillRegistry {
  readonly where: Locations
  readonly config: Config
  readonly storage: Storage
  readonly secretBox: SecretBox
  readonly keeping: Keeping
  /** Notes an act in the home's audit log. */
  audit(event: AuditEvent): Promise<void>
}

/**
 * Runs `use` with the storage of a home, before its other plugins have touched it, and closes it all.
 * @throws ParleyError `already-running` when a daemon runs there or on that storage, `bad-config`, `plugin`, and what the
 *   storage throws
 */
export async function withRegistryStorage<Result>(
  terminal: Terminal,
  options: CommonOptions & { readonly config?: string },
  use: (still: StillRegistry) => Promise<Result>,
): Promise<Result> {
  const where = ensureHome(homeOf(terminal, options))
  const lock = acquireLock(where.lock)
  const log = createLog({ destination: 'stderr', level: readLogLevel(terminal.env, 'error') })
  const stopping = new AbortController()
  const keeping = new Keeping({ where, log, now: Date.now, signal: stopping.signal })
  try {
    const config = loadConfig(findConfig(where, options.config))
    const secretBox = SecretBox.open(where.registryKey, terminal.env)
    const results: Result[] = []
    const plugins = await loadPlugins({
      entries: config.plugins ?? usualPlugins(['registry']),
      builtIns: terminal.builtIns,
      configDir: config.dir,
      dirs: where,
      log,
      signal: stopping.signal,
      secretBox,
      allowVolatile: config.registry.volatile,
      prepare: async storage => {
        const audit = (event: AuditEvent) => note(where, event)
        results.push(await use({ where, config, storage, secretBox, keeping, audit }))
        await keeping.close()
        return storage
      },
    })
    await plugins.close()
    return results[0] as Result
  } finally {
    await keeping.close()
    stopping.abort()
    lock.release()
    log.close()
  }
}

/** The id of a registry, by its first key as a secret holds it. */
export function idOfRegistry(pkcs8: Uint8Array | undefined): string | undefined {
  if (!pkcs8) return undefined
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  return registryId(idOfKey(spkiOf(key)))
}

async function note(where: Locations, event: AuditEvent): Promise<void> {
  ensureFolder(where.logs, 'folder of logs')
  const audit = await AuditLog.open(where.auditLog)
  try {
    await audit.note(event)
  } finally {
    await audit.close()
  }
}
