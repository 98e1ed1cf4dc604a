import type { Auth } from './auth.ts'
import type { Guards } from './guards.ts'
import type { Observers } from './observers.ts'
import type { SearchIndex } from './search.ts'
import type { Storage } from './storage.ts'

/**
 * A plugin is one object, the default export of its module. What it offers is what `setup` returns; there are no
 * registration calls, no priorities and no magic names.
 */
export interface Plugin<Options = unknown> {
  /** A short name for logs and error messages, such as `storage-sqlite`. */
  readonly name: string
  /** The version of these contracts. The host checks it before `setup`. */
  readonly api: 1
  /** JSON Schema of the options: validated by the host, completed by VS Code. */
  readonly optionsSchema?: object
  /** Turns raw options into typed ones; throws to reject them. */
  parseOptions?(raw: unknown): Options
  setup(host: Host, options: Options): Offer | Promise<Offer>
}

/** What the daemon gives a plugin. */
export interface Host {
  readonly log: Log
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal
  /** A folder of the plugin's own, made before `setup`, readable by its owner alone. */
  readonly dir: string
  /**
   * A secret of the plugin's own: made once, then kept sealed in storage. Storage is set up first and has none:
   * calling it there rejects.
   */
  secret(name: string, make: () => Uint8Array): Promise<Uint8Array>
}

/** A structured log: what it is about, then a sentence. */
export interface Log {
  debug(about: object, text: string): void
  info(about: object, text: string): void
  warn(about: object, text: string): void
  error(about: object, text: string): void
}

/** What a plugin offers. An unknown key stops the daemon. */
export interface Offer {
  /** Exactly one plugin of a daemon offers it. */
  storage?: Storage
  /** Full text search, of at most one plugin; without it the hub looks through what is stored. */
  search?: SearchIndex
  /** Sign-in by one mechanism. */
  auth?: Auth
  /** May refuse what is about to be done. */
  guards?: Guards
  /** Told of what was done. */
  observers?: Observers
  close?(): void | Promise<void>
}

/** Gives a plugin its types; returns what it was given. */
export function definePlugin<Options>(plugin: Plugin<Options>): Plugin<Options> {
  return plugin
}
