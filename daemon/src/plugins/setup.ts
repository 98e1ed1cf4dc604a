import type { Host, Log, Offer, Plugin } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { ensureFolder, type Locations } from '../locations.ts'
import { withAbout } from '../log.ts'
import { asOffer } from './offer.ts'
import type { SecretBox } from './secrets.ts'
import { NoStorageError, type StorageGate } from './storage-gate.ts'

/** A plugin that is loaded and whose options are read. */
export interface Prepared {
  /** As the configuration names it: for messages, between quotation marks. */
  readonly label: string
  /** Names its folder, its log and its secrets. */
  readonly as: string
  readonly plugin: Plugin
  readonly options: unknown
}

export interface SetUp {
  readonly label: string
  readonly as: string
  /** Names the plugin in what it says. */
  readonly log: Log
  readonly offer: Offer
}

interface Surroundings {
  readonly dirs: Pick<Locations, 'pluginDir'>
  readonly log: Log
  readonly signal: AbortSignal
  readonly secretBox?: SecretBox
  readonly deadlines: { readonly setup: number; readonly close: number }
  readonly gate: StorageGate<Prepared>
}

/** One plugin from its setup to its close. */
export class Setup {
  readonly plugin: Prepared
  readonly #around: Surroundings
  readonly #log: Log
  #offer: Offer | undefined
  #isClosed = false
  #isWaiting = false

  constructor(plugin: Prepared, around: Surroundings) {
    this.plugin = plugin
    this.#around = around
    this.#log = withAbout(around.log, { plugin: plugin.as })
  }

  get label(): string {
    return this.plugin.label
  }

  get offered(): SetUp | undefined {
    return this.#offer && { label: this.label, as: this.plugin.as, log: this.#log, offer: this.#offer }
  }

  async run(): Promise<Offer> {
    const { deadlines, signal, gate } = this.#around
    const late = () => (this.#isWaiting ? new NoStorageError() : new Error('its setup does not end'))
    return within(this.#setUp(), deadlines.setup, signal, late, () => this.#isWaiting && gate.isPreparing)
  }

  /** Lets the plugin close; one that throws or hangs is logged and left behind. */
  async close(): Promise<void> {
    this.#isClosed = true
    const offer = this.#offer
    this.#offer = undefined
    if (!offer?.close) return
    try {
      const closing = Promise.resolve(offer.close())
      await within(closing, this.#around.deadlines.close, new AbortController().signal, () => new Error('it hangs'))
    } catch (error) {
      this.#log.error({ error }, 'The plugin did not close')
    }
  }

  async #setUp(): Promise<Offer> {
    const { plugin, options } = this.plugin
    const offer = asOffer(await setUpPlugin(plugin, this.#host(), options))
    this.#offer = offer
    // Nobody waits for it any more.
    if (this.#isClosed) await this.close()
    return offer
  }

  #host(): Host {
    const { dirs, signal } = this.#around
    const dir = dirs.pluginDir(this.plugin.as)
    ensureFolder(dir, 'plugin folder')
    return { log: this.#log, signal, dir, secret: (name, make) => this.#secret(name, make) }
  }

  async #secret(name: string, make: () => Uint8Array): Promise<Uint8Array> {
    const { secretBox, gate } = this.#around
    if (!secretBox) throw new Error('it asked for a secret, which only plugins of a registry have')
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(name))
      throw new Error('a secret has a name of up to 64 of A-Z, a-z, 0-9 and ._-')
    this.#isWaiting = true
    const storage = await gate.wait(this.plugin)
    this.#isWaiting = false
    return secretBox.getOrCreate(storage, `secret/plugin/${this.plugin.as}/${name}`, make)
  }
}

async function setUpPlugin(plugin: Plugin, host: Host, options: unknown): Promise<Offer> {
  try {
    return await plugin.setup(host, options)
  } catch (error) {
    if (error instanceof NoStorageError || asParleyError(error).code !== 'internal') throw error
    throw new Error(`its setup failed: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

/**
 * `promise`, or a rejection with `late` after `deadline` ms, or when `signal` is aborted. As long as `isHeld` says so when
 * the time is over, it begins again.
 */
export async function within<T>(
  promise: Promise<T>,
  deadline: number,
  signal: AbortSignal,
  late: () => Error,
  isHeld: () => boolean = () => false,
): Promise<T> {
  const ended = Promise.withResolvers<never>()
  const abort = () => ended.reject(new ParleyError('closed', 'Parley is stopping.'))
  const timer = setInterval(() => isHeld() || ended.reject(late()), deadline)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([promise, ended.promise])
  } finally {
    clearInterval(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** The one sentence about a plugin that cannot be used. */
export function fault(label: string, why: string, cause?: unknown): ParleyError {
  return new ParleyError('plugin', `The plugin "${label}" cannot be used: ${why.replace(/[.\s]+$/, '')}.`, { cause })
}

/** `error` of a plugin as its one sentence; what has a code of its own keeps it. */
export function explain(label: string, error: unknown): ParleyError {
  const known = asParleyError(error)
  if (known.code !== 'internal') return known
  return fault(label, error instanceof Error ? error.message : String(error), error)
}
