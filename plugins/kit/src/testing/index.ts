export { type SearchSubject, testSearch } from './search.ts'
export { type CrashModule, type StorageSubject, type StorageTests, testStorage } from './storage.ts'
