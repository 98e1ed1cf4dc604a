import { limits } from '../limits.ts'
import type { UserId } from '../protocol/ids.ts'
import { Haystack } from './haystack.ts'

/** What lists show of somebody. */
export interface Listed {
  readonly user: UserId
  readonly name: string
  readonly displayName: string
}

interface Found {
  readonly people: readonly Listed[]
  /** Whether there are others. */
  readonly more: boolean
}

/**
 * Everybody's names in memory, so that a search needs no storage. First come those whose name starts with what is
 * sought, then those whose display name does, then those that have it in any part of either.
 */
export class Directory {
  readonly #entries = new Map<UserId, Entry>()
  #byName: Entry[] = []
  #byDisplayName: Entry[] = []
  readonly #parts = new Haystack<Entry>()
  /** Who was removed: whoever still lists them is told that they have left. */
  readonly #removed = new Map<UserId, Listed>()

  /** Fills an empty directory: sorts once, however many there are. */
  async load(people: AsyncIterable<Listed>): Promise<void> {
    for await (const person of people) this.#entries.set(person.user, entryOf(person))
    this.#byName = sorted(this.#entries.values(), 'name')
    this.#byDisplayName = sorted(this.#entries.values(), 'folded')
    for (const entry of this.#byName) this.#addParts(entry)
  }

  get size(): number {
    return this.#entries.size
  }

  get(user: UserId): Listed | undefined {
    return this.#entries.get(user)
  }

  /** Somebody who was removed since the start; of their names only the one that stays reserved. */
  removed(user: UserId): Listed | undefined {
    return this.#removed.get(user)
  }

  /** Who has this very name. */
  named(name: string): Listed | undefined {
    const entry = this.#byName[startOf(this.#byName, 'name', name)]
    return entry?.name === name ? entry : undefined
  }

  /** Adds somebody; does nothing for one who is there. */
  add(person: Listed): void {
    if (this.#entries.has(person.user)) return
    const entry = entryOf(person)
    this.#entries.set(person.user, entry)
    this.#addParts(entry)
    this.#byName.splice(startOf(this.#byName, 'name', entry.name), 0, entry)
    this.#byDisplayName.splice(startOf(this.#byDisplayName, 'folded', entry.folded), 0, entry)
  }

  /** Removes somebody: they are found no more. */
  remove(user: UserId): void {
    const entry = this.#entries.get(user)
    if (!entry) return
    this.#entries.delete(user)
    this.#parts.remove(entry)
    this.#byName = this.#byName.filter(one => one !== entry)
    this.#byDisplayName = this.#byDisplayName.filter(one => one !== entry)
    this.#removed.set(user, { user, name: entry.name, displayName: entry.name })
  }

  /** At most `limit` people for `query`, the best first; `more` says whether there are others. */
  search(query: string, limit: number): Found {
    const sought = fold(query.trimStart().slice(0, limits.searchQuery).trimEnd().replaceAll(/\s+/g, ' '))
    const found = new Set<Entry>()
    for (const entry of this.#candidates(sought)) {
      found.add(entry)
      if (found.size > limit) break
    }
    const people = [...found]
    return { people: people.slice(0, limit), more: people.length > limit }
  }

  /** At most `limit` people by name, from behind `after`. */
  list(after: string, limit: number): Found {
    const start = startOf(this.#byName, 'name', after)
    const from = this.#byName[start]?.name === after ? start + 1 : start
    const end = from + limit
    return { people: this.#byName.slice(from, end), more: this.#byName.length > end }
  }

  /** The tab keeps a search from matching across both names. */
  #addParts(entry: Entry): void {
    this.#parts.add(entry, `${entry.name}\t${entry.folded}`)
  }

  *#candidates(sought: string): Generator<Entry> {
    yield* startingWith(this.#byName, 'name', sought)
    yield* startingWith(this.#byDisplayName, 'folded', sought)
    yield* this.#parts.having(sought)
  }
}

interface Entry extends Listed {
  /** The display name as it is compared. */
  readonly folded: string
}

type SortKey = 'name' | 'folded'

function entryOf({ user, name, displayName }: Listed): Entry {
  return { user, name, displayName, folded: fold(displayName) }
}

/** How names are compared: without case, and without the forms that only look different. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

function sorted(entries: Iterable<Entry>, key: SortKey): Entry[] {
  return [...entries].sort((a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0))
}

function* startingWith(entries: readonly Entry[], key: SortKey, start: string): Generator<Entry> {
  for (let at = startOf(entries, key, start); at < entries.length; at++) {
    const entry = entries[at]
    if (!entry?.[key].startsWith(start)) return
    yield entry
  }
}

/** Where the first entry that is not before `sought` stands. */
function startOf(entries: readonly Entry[], key: SortKey, sought: string): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = entries[middle]
    if (entry && entry[key] < sought) low = middle + 1
    else high = middle
  }
  return low
}
