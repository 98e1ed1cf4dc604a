import type { Auth, Storage } from '@parley/kit'
import { silentLog } from '../../daemon/src/log.ts'
import type { AuditEvent } from '../../daemon/src/registry/audit.ts'
import { type Registry, type RegistryOptions, startRegistry } from '../../daemon/src/registry/registry.ts'
import authPassword from '../../plugins/auth-password/src/index.ts'
import { openMemoryStorage } from '../../plugins/storage-memory/src/index.ts'

/** A registry on loopback with its storage in memory. Given the same `memory`, it is the same registry again. */
export interface RunningRegistry extends AsyncDisposable {
  readonly registry: Registry
  readonly memory: RegistryMemory
  readonly host: string
  readonly port: number
}

/** What outlives a run of a registry. */
export interface RegistryMemory {
  readonly storage: Storage
  readonly secrets: RegistryOptions['secrets']
  /** Every secret, to be searched for in places where it must not be. */
  readonly made: Map<string, Uint8Array>
  /** What was noted in the audit log. */
  readonly audited: AuditEvent[]
}

export function registryMemory(storage: Storage = openMemoryStorage()): RegistryMemory {
  const made = new Map<string, Uint8Array>()
  return {
    storage,
    made,
    audited: [],
    secrets: {
      async getOrCreate(name, make) {
        const secret = made.get(name) ?? make()
        made.set(name, secret)
        return secret
      },
    },
  }
}

export async function startTestRegistry(
  changes: Partial<Omit<RegistryOptions, 'options'>> & {
    options?: Partial<RegistryOptions['options']>
    memory?: RegistryMemory
  } = {},
): Promise<RunningRegistry> {
  const { memory = registryMemory(), options, ...others } = changes
  const registry = await startRegistry({
    storage: memory.storage,
    secrets: memory.secrets,
    auths: [await passwordAuth(memory)],
    audit: { note: async event => void memory.audited.push(event) },
    log: silentLog,
    waits: { presenceGrace: 50, presenceFlush: 5 },
    ...others,
    options: { listen: ['127.0.0.1:0'], heartbeat: '127.0.0.1:0', name: 'Acme', classic: 'off', ...options },
  })
  const [host = '', port] = registry.listen[0]?.split(/:(?=\d+$)/) ?? []
  return { registry, memory, host, port: Number(port), [Symbol.asyncDispose]: () => registry.close() }
}

/** The real plugin, with a secret of the registry's memory. */
export async function passwordAuth(memory: RegistryMemory): Promise<Auth> {
  const offer = await authPassword.setup(
    {
      log: silentLog,
      signal: new AbortController().signal,
      dir: '/nowhere',
      secret: (name, make) => memory.secrets.getOrCreate(`auth-password/${name}`, make),
    },
    {},
  )
  if (!offer.auth) throw new Error('auth-password offers no sign-in')
  return offer.auth
}
