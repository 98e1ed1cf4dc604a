import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'
import type { ControlRequests } from './protocol/control.ts'
import { liveSettings, type Settings } from './registry/settings.ts'

/** The configuration of a registry that runs, and how to read it again. */
export class Reloading {
  readonly #started: Config
  readonly #reread: () => Config
  readonly #setLogLevel: (config: Config) => boolean

  /** `setLogLevel` takes the level of a configuration and says whether it is another one. */
  constructor(started: Config, reread: () => Config, setLogLevel: (config: Config) => boolean) {
    this.#started = started
    this.#reread = reread
    this.#setLogLevel = setLogLevel
  }

  /**
   * What can take effect at once does; the rest waits for a restart. Names are those of parley.json.
   * @throws ParleyError `bad-config`, and nothing has changed
   */
  reload(settings: Settings): ControlRequests['reload'][1] {
    const config = this.#reread()
    const changed = settings.change(config.registry).map(name => `registry.${name}`)
    if (this.#setLogLevel(config)) changed.push('log')
    return { changed, waiting: differing(this.#started, config) }
  }
}

/** What is another value than at the start, and is not taken while the registry runs. */
function differing(started: Config, config: Config): string[] {
  const keys = new Set([...Object.keys(started.registry), ...Object.keys(config.registry)])
  const ofRegistry = [...keys].filter(key => !liveSettings.some(live => live === key))
  const registry = ofRegistry.filter(
    key => !isDeepStrictEqual(settingOf(started.registry, key), settingOf(config.registry, key)),
  )
  const plugins = isDeepStrictEqual(started.plugins, config.plugins) ? [] : ['plugins']
  return [...registry.map(key => `registry.${key}`), ...plugins]
}

function settingOf(values: object, key: string): unknown {
  return Object.entries(values).find(([name]) => name === key)?.[1]
}
