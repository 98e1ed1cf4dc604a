import type { Log, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { ClassicGate } from '../../net/port.ts'
import { classicSizes, decodeHeartbeat } from '../../protocol/classic.ts'
import type { ClassicMode, SignUpPolicy } from '../../protocol/control.ts'
import { ClassicAccounts } from './accounts.ts'
import { ClassicAliases } from './aliases.ts'
import { type HostPort, listenHeartbeats } from './heartbeats.ts'
import { ClassicPasswords, type ScryptCost } from './passwords.ts'
import { ClassicServer, type ClassicWaits } from './server.ts'
import { ClassicService, type ModernPeople } from './service.ts'
import { type ClassicChange, ClassicSessions, type ClassicUser } from './sessions.ts'

export interface ClassicOptions {
  readonly storage: Storage
  readonly mode: ClassicMode
  /** Who may register; anything but `open` keeps classic clients from it. */
  readonly signUp: SignUpPolicy
  /** Where heartbeats arrive by UDP; port 0: any free one. */
  readonly heartbeat: HostPort
  /** Who is online by other means, and by which alias classic clients know them. */
  readonly people: (aliases: ClassicAliases) => ModernPeople
  readonly log: Log
  /** ms without a beat after which a login has ended. */
  readonly sessionTimeout?: number
  /** Wall clock, ms since 1970. */
  readonly now?: () => number
  /** A datagram that is no classic heartbeat, such as a modern one. */
  readonly onDatagram?: (datagram: Buffer, answer: (bytes: Uint8Array) => void) => void
  readonly waits?: Partial<ClassicWaits>
  readonly scryptCost?: ScryptCost
}

/** The classic side of a registry. */
export interface Classic {
  /** For the registry's TCP port. */
  readonly gate: ClassicGate
  readonly heartbeat: HostPort
  online(): readonly ClassicUser[]
  watch(listener: (change: ClassicChange) => void): () => void
  /** Who may connect, and who may register, from now on. */
  admit(mode: ClassicMode, signUp: SignUpPolicy): void
  /** The aliases of the team's users. */
  readonly aliases: ClassicAliases
  /** Ends the logins under these names. */
  end(names: readonly string[]): void
  close(): Promise<void>
}

/**
 * Starts the classic protocol of a registry. Its heartbeat port is open whatever the mode, since modern beats use it
 * too. Throws `port-taken` or `bad-address`.
 */
export async function startClassic(options: ClassicOptions): Promise<Classic> {
  const { storage, mode, signUp, people, log, now = Date.now } = options
  const sessions = new ClassicSessions({ timeout: options.sessionTimeout ?? limits.classicSession, now })
  const passwords = new ClassicPasswords(options.scryptCost)
  const accounts = new ClassicAccounts({ storage, passwords, now })
  const aliases = await ClassicAliases.open({ accounts, ended: name => sessions.end(name) })
  const service = new ClassicService({ accounts, sessions, people: people(aliases), log, signUp })
  const waits = { packet: limits.classicPacket, idle: limits.classicIdle, ...options.waits }
  const server = new ClassicServer({ mode, service, sessions, log, waits })
  const port = await listenHeartbeats(options.heartbeat, {
    log,
    take(datagram, address, answer) {
      if (datagram.length !== classicSizes.heartbeat) options.onDatagram?.(datagram, answer)
      else if (server.allows(address)) beat(sessions, datagram, address)
    },
  })
  return {
    gate: server,
    heartbeat: port.address,
    online: () => sessions.list(),
    watch: listener => sessions.watch(listener),
    admit(mode, signUp) {
      server.admit(mode)
      service.admit(signUp)
    },
    aliases,
    end(names) {
      for (const name of names) sessions.end(name)
    },
    async close() {
      server.close()
      sessions.clear()
      await port.close()
    },
  }
}

/** Datagrams are anybody's: what is no heartbeat is dropped without a line, or the log would be anybody's too. */
function beat(sessions: ClassicSessions, datagram: Buffer, address: string): void {
  try {
    const { username } = decodeHeartbeat(datagram)
    if (username !== undefined) sessions.beat(username, address)
  } catch (error) {
    if (!(error instanceof ParleyError && error.code === 'bad-frame')) throw error
  }
}
