import { dirname } from 'node:path'
import type { Log } from '@parley/kit'
import { pino } from 'pino'
import { ParleyError } from './errors.ts'
import { limits } from './limits.ts'
import { ensureFolder } from './locations.ts'
import { RotatingFile } from './log-file.ts'

export interface LogOptions {
  /** A file, which is put aside when it has grown, or the process's own stderr. */
  readonly destination: 'stderr' | { readonly file: string }
  readonly level?: LogLevel
}

/** From the most to the least that is told. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

export type LogLevel = (typeof logLevels)[number]

/** A log that somebody must close, so that its last lines are written. */
export interface OpenLog extends Log {
  /** How much is told from now on. */
  level: LogLevel
  close(): void
}

/**
 * Lines of JSON: level, time, what it is about, and the sentence in `msg`. Secrets do not belong in a log; raw bytes,
 * which could be some, appear as their length alone.
 * @throws ParleyError `home` when the file cannot be opened
 */
export function createLog({ destination, level = 'info' }: LogOptions): OpenLog {
  const target = destination === 'stderr' ? stderr() : openFile(destination.file)
  const lines = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    target,
  )
  return {
    get level() {
      return logLevels.find(one => one === lines.level) ?? level
    },
    set level(wanted) {
      lines.level = wanted
    },
    debug: (about, text) => lines.debug(plain(about), text),
    info: (about, text) => lines.info(plain(about), text),
    warn: (about, text) => lines.warn(plain(about), text),
    error: (about, text) => lines.error(plain(about), text),
    close: () => target.flushSync(),
  }
}

/**
 * The level that `PARLEY_LOG` asks for; `usual` without it.
 * @throws ParleyError `usage` when it is no level
 */
export function readLogLevel({ PARLEY_LOG: asked }: NodeJS.ProcessEnv, usual: LogLevel): LogLevel {
  if (!asked) return usual
  const level = logLevels.find(one => one === asked)
  if (level) return level
  throw new ParleyError('usage', `PARLEY_LOG is "${asked}", but a log level is one of ${logLevels.join(', ')}.`)
}

/** The same log with `about` in each line, such as the plugin that speaks. */
export function withAbout(log: Log, about: object): Log {
  return {
    debug: (more, text) => log.debug({ ...about, ...more }, text),
    info: (more, text) => log.info({ ...about, ...more }, text),
    warn: (more, text) => log.warn({ ...about, ...more }, text),
    error: (more, text) => log.error({ ...about, ...more }, text),
  }
}

/** Nobody listens: for tests. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Not synchronous: a terminal or pipe that nobody reads must not stop the daemon. */
function stderr() {
  const target = pino.destination({ dest: process.stderr.fd, sync: false, maxLength: limits.logBacklog })
  // Whoever read stderr has gone; there is nobody left to tell.
  target.on('error', () => {})
  return target
}

function openFile(file: string): RotatingFile {
  ensureFolder(dirname(file), 'log folder')
  try {
    return new RotatingFile(file, { size: limits.logFile, files: limits.logFiles })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ParleyError('home', `The log ${file} cannot be written: ${why}.`, { cause: error })
  }
}

/** Errors with their code and stack, bytes as their length, everything else as it is. */
function plain(about: object): object {
  return Object.fromEntries(Object.entries(about).map(([key, value]) => [key, plainValue(value)]))
}

function plainValue(value: unknown, depth = 0): unknown {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  if (typeof value === 'bigint') return value.toString()
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  const code = 'code' in value ? { code: value.code } : {}
  return { name, message, ...code, stack, ...(cause && depth < 3 ? { cause: plainValue(cause, depth + 1) } : {}) }
}
