import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { configSchema } from './config-schema.ts'
import { ParleyError } from './errors.ts'
import { limits } from './limits.ts'
import type { Locations } from './locations.ts'
import type { LogLevel } from './log.ts'
import { readAddressSet } from './net/address-set.ts'
import { readProxyUrl } from './net/proxy.ts'
import { ports, readHostPort } from './protocol/addresses.ts'
import type { ClassicMode, SignUpPolicy } from './protocol/control.ts'
import { faultOf } from './schema.ts'

export { configSchema } from './config-schema.ts'

/** The configuration, complete: what the file leaves out has its default. Times in ms. */
export interface Config {
  /** Paths in the configuration are relative to this folder. */
  readonly dir: string
  /** Without it: {@link usualPlugins}. */
  readonly plugins?: readonly PluginEntry[]
  /** How much the log tells, unless PARLEY_LOG says it. */
  readonly log?: LogLevel
  readonly registry: {
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
    /** How long a classic client may be silent before it counts as gone. */
    readonly classicTimeout: number
    /** IP addresses and networks whose connections begin with a PROXY header that says where they come from. */
    readonly trustedProxies?: readonly string[]
    /** Whether storage that does not survive a power cut will do. */
    readonly volatile: boolean
  }
  readonly hub: {
    /** Without it the person's own choice, or the platform, decides whether others may connect. */
    readonly listen?: readonly string[]
    /** How long a hub that a front end started stays after the last one. Without it the runtime decides. */
    readonly linger?: number | 'always'
    readonly classic: ClassicMode
    /** URL of the proxy by which the registry is reached, or `off`. Without it the environment decides. */
    readonly proxy?: string
  }
}

/** One plugin of the list: a built-in's or package's name, or a path. */
export interface PluginEntry {
  readonly use: string
  /** Names the plugin's folder and log, when one plugin is used twice. */
  readonly as?: string
  readonly options?: unknown
}

/** The file as written, after validation. */
interface ConfigFile {
  readonly plugins?: readonly (string | PluginEntry)[]
  readonly log?: LogLevel
  readonly registry?: Partial<Omit<Config['registry'], 'classicTimeout'>> & { readonly classicTimeout?: string }
  readonly hub?: Partial<Omit<Config['hub'], 'linger'>> & { readonly linger?: string }
}

/** The plugins of a daemon whose configuration lists none: a hub signs nobody in. */
export function usualPlugins(roles: readonly ('hub' | 'registry')[]): readonly PluginEntry[] {
  const storage = { use: '@parley/storage-sqlite' }
  return roles.includes('registry') ? [storage, { use: '@parley/auth-password' }] : [storage]
}

/** The file to load: the one given, else the home's own if there is one. */
export function findConfig(where: Locations, given?: string): string | undefined {
  if (given !== undefined) return resolve(given)
  return existsSync(where.config) ? where.config : undefined
}

/**
 * Reads and checks a configuration file; without one all defaults hold, and paths are relative to the working folder.
 * @throws ParleyError `bad-config`
 */
export function loadConfig(file: string | undefined): Config {
  if (file === undefined) return complete({}, process.cwd())
  const content = parse(file, read(file))
  const fault = faultOf(configSchema, content, 'us') ?? addressFault(content as ConfigFile)
  if (fault !== undefined) throw bad(file, fault)
  return complete(content as ConfigFile, dirname(resolve(file)))
}

function complete({ plugins, log, registry = {}, hub = {} }: ConfigFile, dir: string): Config {
  const { linger, ...hubRest } = hub
  return {
    dir,
    ...(plugins && { plugins: plugins.map(entry => (typeof entry === 'string' ? { use: entry } : entry)) }),
    ...(log && { log }),
    registry: {
      listen: [`[::]:${ports.registry}`],
      heartbeat: `[::]:${ports.heartbeat}`,
      name: 'Parley',
      classic: 'loopback',
      volatile: false,
      ...registry,
      classicTimeout: duration(registry.classicTimeout ?? '60s'),
    },
    hub: {
      classic: 'loopback',
      ...hubRest,
      ...(linger !== undefined && { linger: linger === 'always' ? linger : duration(linger) }),
    },
  }
}

function read(file: string): string {
  try {
    if (statSync(file).size > limits.configFile) throw new Error('it is too large to be a configuration')
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw bad(file, `it cannot be read: ${wordsOf(error)}`, error)
  }
}

function parse(file: string, text: string): unknown {
  try {
    // Some editors of Windows begin a file with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    // Without the part of the file that V8 quotes: it may be a secret.
    throw bad(file, `it is not JSON: ${wordsOf(error).replace(/, (\.{3})?".*$/s, '')}`)
  }
}

/** Addresses have rules that a schema cannot say. */
function addressFault({ registry = {}, hub = {} }: ConfigFile): string | undefined {
  const given: [string, string | undefined, number][] = [
    ...(registry.listen ?? []).map((text, index): [string, string, number] => [
      `registry.listen.${index}`,
      text,
      ports.registry,
    ]),
    ['registry.heartbeat', registry.heartbeat, ports.heartbeat],
    ['registry.public', registry.public, ports.registry],
    ...(hub.listen ?? []).map((text, index): [string, string, number] => [`hub.listen.${index}`, text, ports.peer]),
  ]
  for (const [where, text, port] of given) {
    try {
      if (text !== undefined) readHostPort(text, port)
    } catch (error) {
      return `"${where}": ${wordsOf(error)}`
    }
  }
  const checks: [string, () => unknown][] = [
    ['registry.trustedProxies', () => readAddressSet(registry.trustedProxies ?? [])],
    ['hub.proxy', () => hub.proxy === undefined || readProxyUrl(hub.proxy)],
  ]
  for (const [where, check] of checks) {
    try {
      check()
    } catch (error) {
      return `"${where}": ${wordsOf(error)}`
    }
  }
  return undefined
}

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3600_000, d: 86_400_000 }

/** `10m` in ms, at most what a timer takes: it would take a longer time for none. The schema has checked the shape. */
function duration(text: string): number {
  const [, number = '0', unit = 'ms'] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  return Math.min(Number(number) * (units[unit] ?? 1), limits.timer)
}

function bad(file: string, fault: string, cause?: unknown): ParleyError {
  // In one line: what is wrong may quote the file, line breaks included.
  const words = fault.replace(/\s+/g, ' ')
  return new ParleyError('bad-config', `${file}: ${words}${/[.?!]$/.test(words) ? '' : '.'}`, { cause })
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
