import type { Auth, Log, SearchIndex, Storage } from '@parley/kit'
import type { PluginEntry } from '../config.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Locations } from '../locations.ts'
import { bringToFormat, formatRow, hubFormat } from './format.ts'
import { type BuiltIns, importPlugin } from './import.ts'
import { asPlugin } from './offer.ts'
import { readOptions } from './options.ts'
import { type Plugged, plug } from './plugged.ts'
import type { SecretBox } from './secrets.ts'
import { explain, fault, type Prepared, type SetUp, Setup, within } from './setup.ts'
import { NoStorageError, StorageGate } from './storage-gate.ts'

export interface PluginsOptions {
  readonly entries: readonly PluginEntry[]
  readonly builtIns: BuiltIns
  /** What relative paths in the configuration are relative to. */
  readonly configDir: string
  readonly dirs: Pick<Locations, 'plugins' | 'pluginImport' | 'pluginDir'>
  readonly log: Log
  /** Aborted when the daemon stops; ends the loading too. */
  readonly signal: AbortSignal
  /** Keeps the plugins' secrets; without it they are refused. */
  readonly secretBox?: SecretBox
  /** Whether storage that does not survive a power cut will do; a registry says so only when it is told. */
  readonly allowVolatile?: boolean
  /**
   * Makes the storage fit to be used, before anything else is done with it, and gives what everybody then uses; it may
   * take its time. Without it the storage is brought to the format of a hub.
   */
  readonly prepare?: (storage: Storage) => Promise<Storage>
  readonly env?: NodeJS.ProcessEnv
  /** How long a plugin may take to load, to set up, and to close; in ms. */
  readonly deadlines?: { readonly setup: number; readonly close: number }
}

export interface Plugins {
  readonly storage: Storage
  /** Full text search, where a plugin offers it. */
  readonly search: SearchIndex | undefined
  /** One per mechanism, in the order of the list. */
  readonly auths: readonly Auth[]
  /** All guards and observers. */
  readonly plugged: Plugged
  /** Closes what was set up, storage last. Never throws. */
  close(): Promise<void>
}

/**
 * Loads the plugins of a configuration and sets them up. One that asks for a secret waits until the storage is there,
 * so their order is free.
 * @throws ParleyError `plugin`, one sentence that names the plugin and the reason; a storage that cannot be opened gives
 * its own code: `newer-data`, `damaged-data` or `storage`. Whatever was set up before is closed.
 */
export async function loadPlugins(options: PluginsOptions): Promise<Plugins> {
  const deadlines = options.deadlines ?? { setup: limits.pluginSetup, close: limits.pluginClose }
  const prepared = await prepareAll(options, deadlines.setup)
  const gate = new StorageGate(prepared)
  const setups = prepared.map(plugin => new Setup(plugin, { ...options, deadlines, gate }))
  const close = () => closeAll(setups)
  try {
    const outcomes = await Promise.allSettled(setups.map(setup => runSetup(setup, gate, { ...options, deadlines })))
    const failures = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
    if (failures.length > 0) throw firstCause(failures)
    const offers = setups.flatMap(setup => setup.offered ?? [])
    checkStorage(offers)
    const found = { search: theSearch(offers), auths: theAuths(offers), plugged: thePlugged(offers, options.signal) }
    return { storage: await gate.storage, ...found, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Imports every plugin and reads its options before the first is set up: a slip of the pen changes nothing. */
async function prepareAll(options: PluginsOptions, deadline: number): Promise<Prepared[]> {
  const prepared: Prepared[] = []
  for (const entry of options.entries) {
    const one = await prepare(entry, options, deadline)
    if (prepared.some(other => other.as === one.as)) {
      throw fault(
        one.label,
        `the name "${one.as}" is taken by another plugin of the list; give it one of its own with "as"`,
      )
    }
    prepared.push(one)
  }
  return prepared
}

async function prepare(entry: PluginEntry, options: PluginsOptions, deadline: number): Promise<Prepared> {
  const label = entry.as === undefined ? entry.use : `${entry.use}" as "${entry.as}`
  try {
    const importing = within(
      importPlugin(entry.use, options),
      deadline,
      options.signal,
      () => new Error('its module does not load in time'),
    )
    const plugin = asPlugin(await importing)
    const given = readOptions(plugin, entry.options, {
      dir: options.configDir,
      env: options.env ?? process.env,
      schemaOf: Object.hasOwn(options.builtIns, entry.use) ? 'us' : 'others',
    })
    return { label, as: entry.as ?? plugin.name, plugin, options: given }
  } catch (error) {
    throw explain(label, error)
  }
}

/** One setup; its storage, if it is fit to be used, is what the others wait for. */
async function runSetup(
  setup: Setup,
  gate: StorageGate<Prepared>,
  {
    allowVolatile = false,
    prepare = bringToHubFormat,
    deadlines,
    signal,
  }: PluginsOptions & Required<Pick<PluginsOptions, 'deadlines'>>,
): Promise<void> {
  try {
    const { storage } = await setup.run()
    if (storage === undefined) return
    if (!storage.durable && !allowVolatile) {
      throw fault(
        setup.label,
        'its storage does not survive a power cut; say "volatile": true under "registry" if that will do',
      )
    }
    // A second one is told as a fault once all are set up.
    if (gate.isPreparing) return
    gate.isPreparing = true
    await within(storage.get([formatRow]), deadlines.setup, signal, () => new Error('its storage does not answer'))
    gate.open(await prepare(storage))
  } catch (error) {
    throw explain(setup.label, error)
  } finally {
    gate.settled(setup.plugin)
  }
}

async function bringToHubFormat(storage: Storage): Promise<Storage> {
  await bringToFormat(storage, hubFormat, async () => {
    throw new Error('there is no place for the backup before an upgrade')
  })
  return storage
}

/** Those that waited for a storage failed because of another one, if another one failed. */
function firstCause(failures: readonly unknown[]): unknown {
  const waited = (error: unknown) => error instanceof ParleyError && error.cause instanceof NoStorageError
  return failures.find(error => !waited(error)) ?? noStorage()
}

/** Exactly one of them offers storage. */
function checkStorage(offers: readonly SetUp[]): void {
  const [first, second] = offers.filter(({ offer }) => offer.storage)
  if (first === undefined) throw noStorage()
  if (second === undefined) return
  throw fault(second.label, `it offers storage, and so does "${first.label}"; list exactly one that does`)
}

function theAuths(offers: readonly SetUp[]): Auth[] {
  const labels = new Map<string, string>()
  return offers.flatMap(({ label, offer: { auth } }) => {
    if (auth === undefined) return []
    const other = labels.get(auth.mechanism)
    if (other !== undefined) throw fault(label, `it offers sign-in by "${auth.mechanism}", and so does "${other}"`)
    labels.set(auth.mechanism, label)
    return [auth]
  })
}

function thePlugged(offers: readonly SetUp[], signal: AbortSignal): Plugged {
  const guardings = offers.flatMap(({ as, log, offer: { guards } }) => (guards ? [{ as, log, guards }] : []))
  const observings = offers.flatMap(({ log, offer: { observers } }) => (observers ? [{ log, observers }] : []))
  return plug(guardings, observings, signal)
}

/** At most one of them offers search; the storage's own gives way to one that is listed for nothing else. */
function theSearch(offers: readonly SetUp[]): SearchIndex | undefined {
  const all = offers.filter(({ offer }) => offer.search)
  const [first, second] = all.some(({ offer }) => !offer.storage) ? all.filter(({ offer }) => !offer.storage) : all
  if (second === undefined) return first?.offer.search
  throw fault(second.label, `it offers search, and so does "${first?.label}"; list at most one that does`)
}

function noStorage(): ParleyError {
  return new ParleyError(
    'plugin',
    'None of the plugins listed in the configuration offers storage; list one that does, such as "@parley/storage-sqlite".',
  )
}

/** Storage goes last: the others may still write on their way out. */
async function closeAll(setups: readonly Setup[]): Promise<void> {
  const reversed = setups.toReversed()
  const isStorage = (setup: Setup) => setup.offered?.offer.storage !== undefined
  for (const setup of [...reversed.filter(one => !isStorage(one)), ...reversed.filter(isStorage)]) await setup.close()
}
