import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config.ts'
import type { SignUpPolicy } from '../protocol/control.ts'
import { defaultSignUp } from './sign-up.ts'

/** What of a registry's configuration takes effect at once when it is read again. */
export const liveSettings = ['name', 'public', 'signUp', 'classic', 'trustedProxies'] as const

type Options = Omit<Config['registry'], 'volatile' | 'classicTimeout'> &
  Partial<Pick<Config['registry'], 'classicTimeout'>>

/** The configuration of a registry that runs. Whoever acts by it asks for {@link now} each time and keeps no copy. */
export class Settings {
  #now: Options
  readonly #watchers = new Set<(now: Options) => void>()

  constructor(options: Options) {
    this.#now = options
  }

  get now(): Options {
    return this.#now
  }

  /** Who may sign up, by what is configured or by where the registry listens. */
  get signUp(): SignUpPolicy {
    return this.#now.signUp ?? defaultSignUp(this.#now.listen)
  }

  /** Calls `watcher` after each change, for what cannot ask each time. */
  watch(watcher: (now: Options) => void): void {
    this.#watchers.add(watcher)
  }

  /** Takes what may change while the registry runs from `options`; gives the names of the settings that have. */
  change(options: Options): string[] {
    const changed = liveSettings.filter(name => !isDeepStrictEqual(options[name], this.#now[name]))
    if (changed.length === 0) return []
    const taken = Object.fromEntries(liveSettings.map(name => [name, options[name]]))
    this.#now = { ...this.#now, ...taken }
    for (const watcher of this.#watchers) watcher(this.#now)
    return changed
  }
}
