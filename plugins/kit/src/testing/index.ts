export { type CrashModule, type StorageSubject, type StorageTests, testStorage } from './storage.ts'
