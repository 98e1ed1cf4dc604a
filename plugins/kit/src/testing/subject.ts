import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Storage } from '../storage.ts'

/** An open storage and the way to let go of it. */
export interface StorageSubject {
  readonly storage: Storage
  close(): void | Promise<void>
}

export type OpenStorage = (dir: string) => StorageSubject | Promise<StorageSubject>

/** Runs `test` on a storage that is empty, and closes it however the test ends. */
export function withStorage(open: OpenStorage, test: (storage: Storage) => Promise<void>): Promise<void> {
  return withFolder(dir => withOpen(open, dir, test))
}

export async function withOpen<T>(open: OpenStorage, dir: string, test: (storage: Storage) => Promise<T>): Promise<T> {
  const subject = await open(dir)
  try {
    return await test(subject.storage)
  } finally {
    await subject.close()
  }
}

export async function withFolder(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-storage-'))
  try {
    await test(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** For comparison: byte arrays of different classes are the same bytes. */
export function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder('latin1').decode(value)
}

/** Puts rows whose value is their key. */
export async function fill(storage: Storage, keys: readonly string[]): Promise<void> {
  await storage.write(keys.map(key => ({ put: key, value: bytes(key) })))
}
