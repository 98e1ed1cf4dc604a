import { acquireLock } from '../client/lock.ts'
import type { Config } from '../config.ts'
import type { Daemon } from '../daemon.ts'
import { asParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { ensureHome, type Locations } from '../locations.ts'
import type { LogLevel, OpenLog } from '../log.ts'
import { type CommonOptions, homeOf } from './command.ts'
import type { Terminal } from './terminal.ts'

export interface ServeOptions extends CommonOptions {
  readonly config?: string
}

export interface Serving {
  readonly role: 'hub' | 'registry'
  /** What the command line says over the configuration. */
  readonly configure: (config: Config) => Config
  /** How much it tells is for the configuration to say. */
  readonly openLog: (where: Locations) => Promise<OpenLog>
  /** What is told when neither the configuration nor PARLEY_LOG says. */
  readonly usualLevel: LogLevel
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
    const read = () => serving.configure(loadConfig(findConfig(where, options.config)))
    await run(terminal, where, read, serving)
  } finally {
    lock.release()
  }
}

async function run(terminal: Terminal, where: Locations, read: () => Config, serving: Serving): Promise<void> {
  const config = read()
  const { readLogLevel } = await import('../log.ts')
  const levelOf = (read: Config) => readLogLevel(terminal.env, read.log ?? serving.usualLevel)
  const level = levelOf(config)
  const log = await serving.openLog(where)
  log.level = level
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
      reread: read,
      setLogLevel(read) {
        const before = log.level
        log.level = levelOf(read)
        return log.level !== before
      },
    })
    // Who closes a terminal has done with what runs in it; a service manager means: read the configuration again.
    const reload = terminal.stdin.isTTY ? undefined : daemon.reload
    const release = handleSignals(daemon, log, reload)
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

/**
 * The first signal stops the daemon in good order; the second, or a part that hangs, ends the process at once. With
 * `reload`, SIGHUP only calls that.
 */
function handleSignals(daemon: Daemon, log: OpenLog, reload: Daemon['reload']): () => void {
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
    if (signal === 'SIGHUP' && reload) {
      void rereadConfiguration(reload, log)
      return
    }
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

async function rereadConfiguration(reload: NonNullable<Daemon['reload']>, log: OpenLog): Promise<void> {
  try {
    const { changed, waiting } = await reload()
    log.info({ changed, waiting }, 'The configuration was read again')
  } catch (error) {
    const { code, message } = asParleyError(error)
    log.error({ code }, `The configuration was not taken: ${message}`)
  }
}
