import { asParleyError } from '@parley/daemon/client/basics'
import type { PersonInfo } from '@parley/daemon/protocol/control'
import type { Disposable } from '../event.ts'
import { limits } from '../limits.ts'

/** What a search has brought so far. */
export type Found =
  /** Nothing is sought. */
  | { readonly is: 'nothing' }
  /** `people`: what an earlier search brought. */
  | { readonly is: 'searching'; readonly people: readonly PersonInfo[] }
  | { readonly is: 'found'; readonly people: readonly PersonInfo[]; readonly more: boolean }
  | { readonly is: 'failed'; readonly why: string }

/** Searches the team for what somebody types: once the typing rests, and only the last search counts. */
export class PeopleSearch implements Disposable {
  readonly #search: (query: string) => Promise<{ readonly people: readonly PersonInfo[]; readonly more: boolean }>
  readonly #changed: () => void
  #found: Found = { is: 'nothing' }
  #query = ''
  #timer: NodeJS.Timeout | undefined

  constructor(
    search: (query: string) => Promise<{ readonly people: readonly PersonInfo[]; readonly more: boolean }>,
    changed: () => void,
  ) {
    this.#search = search
    this.#changed = changed
  }

  get found(): Found {
    return this.#found
  }

  seek(typed: string): void {
    const query = soughtIn(typed)
    if (query === this.#query) return
    this.#query = query
    clearTimeout(this.#timer)
    if (query === '') {
      this.#become({ is: 'nothing' })
      return
    }
    this.#become({ is: 'searching', people: 'people' in this.#found ? this.#found.people : [] })
    this.#timer = setTimeout(() => void this.#run(query), limits.searchPause)
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#query = ''
  }

  async #run(query: string): Promise<void> {
    const found = await this.#search(query).then(
      ({ people, more }): Found => ({ is: 'found', people, more }),
      (error: unknown): Found => ({ is: 'failed', why: asParleyError(error).message }),
    )
    if (query === this.#query) this.#become(found)
  }

  #become(found: Found): void {
    this.#found = found
    this.#changed()
  }
}

/** What is sought, of what was typed: a user name may be written as `@bob`. */
export function soughtIn(typed: string): string {
  return typed.trim().replace(/^@/, '')
}
