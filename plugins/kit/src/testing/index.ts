export { type AuthClient, type AuthSubject, type AuthTests, type OpenAuth, testAuth } from './auth.ts'
export { type FakeAnswer, type FakeExchange, type FakeHost, fakeExchange, fakeHost, type LoggedLine } from './fakes.ts'
export { type SearchSubject, testSearch } from './search.ts'
export { type CrashModule, type StorageSubject, type StorageTests, testStorage } from './storage.ts'
