import type { SearchTerm } from './words.ts'

/**
 * Full text search over what a hub shows. The hub keeps the truth in its storage: an index that is lost is filled anew,
 * so it may be fast rather than safe, except that what `put` and `remove` have resolved for survives a crash.
 *
 * Words are those of `wordsOf` in this kit, for documents and queries alike, so that every index finds the same.
 */
export interface SearchIndex {
  /**
   * Names what is in here: made with the empty index, and another one after it was lost, found damaged or cleared. The hub
   * fills an index whose name it does not know.
   */
  identity(): Promise<string>
  /** Takes documents in, at most {@link searchLimits}; one with a known id takes the place of the one before. */
  put(documents: readonly SearchDocument[]): Promise<void>
  /** Forgets documents by id; unknown ids are no error. */
  remove(ids: readonly string[]): Promise<void>
  /**
   * A page of what matches, the newest first; documents of the same time stand in any order that stays.
   * @throws SearchPlaceError when `next` is nothing that this index gives; nothing was looked for
   */
  search(query: SearchQuery): Promise<SearchPage>
  /** Forgets everything, also what is damaged. */
  clear(): Promise<void>
}

/** Something that can be found. */
export interface SearchDocument {
  /** 1 to 200 printable ASCII characters. */
  readonly id: string
  /** Where it was said and by whom: 1 to 64 of a-z and 0-9. */
  readonly conversation: string
  readonly user: string
  /** ms since 1970, with 1024ths that order what is of the same one. */
  readonly time: number
  readonly text: string
  readonly hasFile: boolean
}

/** What is asked for: every condition holds. Without terms, whatever the other conditions leave. */
export interface SearchQuery {
  readonly terms: readonly SearchTerm[]
  readonly conversation?: string
  /** Anybody of these. */
  readonly users?: readonly string[]
  /** ms since 1970: not before `from`, and before `to`. */
  readonly from?: number
  readonly to?: number
  readonly hasFile?: true
  /** At most {@link searchLimits}. */
  readonly limit: number
  /** As the page before gave it. It stays good when documents come and go, the one that it stands for included. */
  readonly next?: string
}

export interface SearchPage {
  readonly ids: readonly string[]
  /** Where the next page begins; absent: there is none. */
  readonly next?: string
}

/**
 * A `next` of a form that an index never gives: taken for the beginning or the end it would show what was seen already, or
 * hide what is there. The daemon knows it by its name, so a plugin may bring its own copy of the kit.
 */
export class SearchPlaceError extends Error {
  override readonly name = 'SearchPlaceError'

  constructor() {
    super('That is no place in what was found. Take the one that the page before gave.')
  }
}

/** The limits that every index holds. Sizes in characters. */
export const searchLimits = {
  /** Documents of one `put`, and ids of one `remove`. */
  documents: 500,
  /** Ids of one page. */
  page: 500,
  /** Words of one query: more narrow nothing down. */
  queryWords: 32,
} as const
