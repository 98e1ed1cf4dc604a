import { acquireLock } from '../client/lock.ts'
import type { Config } from '../config.ts'
import type { Daemon } from '../daemon.ts'
import { limits } from '../limits.ts'
import { ensureHome, type Locations } from '../locations.ts'
import type { OpenLog } from '../log.ts'
import { type CommonOptions, homeOf } from './command.ts'
import type { Terminal } from './terminal.ts'

export interface ServeOptions extends CommonOptions {
  readonly config?: string
}

export interface Serving {
  readonly role: 'hub' | 'registry'
  /** What the command line says over the configuration. */
  readonly configure: (config: Config) => Config
  readonly openLog: (where: Locations) => Promise<OpenLog>
  readonly linger?: (config: Config) => number | undefined
  readonly isBackground?: boolean
  /** Told once it serves. */
  readonly announce: (daemon: Daemon, config: Config) => void
}

/** Runs a daemon in this process until a signal or a front end stops it. */
export async function serve(terminal: Terminal, options: ServeOptions, serving: Serving): Promise<void> {
  const where = ensureHome(homeOf(terminal, options))
  // Before the daemon's code is even loaded: of many starters at once, all but one end here, cheaply.
  const lock = acquireLock(where.lock)
  try {
    const { findConfig, loadConfig } = await import('../config.ts')
    const config = serving.configure(loadConfig(findConfig(where, options.config)))
    await run(terminal, where, config, serving)
  } finally {
    lock.release()
  }
}

async function run(terminal: Terminal, where: Locations, config: Config, serving: Serving): Promise<void> {
  const log = await serving.openLog(where)
  try {
    const { startDaemon } = await import('../daemon.ts')
    const daemon = await startDaemon({
      home: where.home,
      isLocked: true,
      config,
      roles: [serving.role],
      builtIns: terminal.builtIns,
      log,
      linger: serving.linger?.(config),
      isBackground: serving.isBackground ?? false,
    })
    const release = stopOnSignals(daemon, log)
    try {
      serving.announce(daemon, config)
      await daemon.stopped
    } finally {
      release()
    }
  } finally {
    log.close()
  }
}

/** The first signal stops the daemon in good order; the second, or a part that hangs, ends the process at once. */
function stopOnSignals(daemon: Daemon, log: OpenLog): () => void {
  let hasBegun = false
  const leave = (code: number) => {
    log.close()
    process.exit(code)
  }
  const stop = (code: number) => {
    if (hasBegun) leave(1)
    hasBegun = true
    setTimeout(() => leave(1), limits.stop).unref()
    daemon.stop().then(
      () => code !== 0 && leave(code),
      () => {},
    )
  }
  const asked = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'Asked to stop')
    stop(0)
  }
  const broken = (error: unknown) => {
    log.error({ error }, 'An error that nobody handled; the daemon stops')
    stop(1)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, asked)
  process.on('uncaughtException', broken)
  return () => {
    for (const signal of signals) process.off(signal, asked)
    process.off('uncaughtException', broken)
  }
}
