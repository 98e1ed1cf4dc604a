export type { Auth, Exchange, Verdict } from './auth.ts'
export type { Entering, GuardedMessage, Guards, Judgement } from './guards.ts'
export type { ObservedMessage, Observers } from './observers.ts'
export { definePlugin, type Host, type Log, type Offer, type Plugin } from './plugin.ts'
export {
  ask,
  encodeAnswer,
  encodePrompt,
  type Prompt,
  PromptError,
  promptLimits,
  readAnswer,
  readPrompt,
} from './prompt.ts'
export {
  type SearchDocument,
  type SearchIndex,
  type SearchPage,
  SearchPlaceError,
  type SearchQuery,
  searchLimits,
} from './search.ts'
export { SortedKeys } from './sorted-keys.ts'
export {
  type Change,
  type ListedRow,
  type ListPage,
  type ListRange,
  type Storage,
  StorageError,
  StorageLimitError,
  storageLimits,
} from './storage.ts'
export { checkChanges, checkKeys, listBounds } from './storage-checks.ts'
export { findTerms, readQuery, type SearchTerm, type Word, wordsOf } from './words.ts'
