import { StorageError } from '@parley/kit'

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const codes = { busy: 5, readOnly: 8, io: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 } as const

/** After a flush has failed nobody knows what is on the disk: SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC. */
const failedFlush: readonly number[] = [1034, 1290]

/** What went wrong, in a form that crosses the worker's port. */
export interface Failure {
  readonly code: StorageError['code']
  readonly message: string
  /** Whether anything may still be written afterwards. */
  readonly isFinal: boolean
}

/** `error` of working on `file` in words for a person. */
export function failureOf(error: unknown, file: string): Failure {
  if (error instanceof StorageError) return { code: error.code, message: error.message, isFinal: true }
  const extended = resultCode(error)
  const text = error instanceof Error ? error.message : String(error)
  switch (extended & 0xff) {
    case codes.corrupt:
    case codes.notADatabase:
      return { code: 'damaged-data', message: damaged(file, text), isFinal: true }
    case codes.full:
      return {
        code: 'storage',
        message: `There is no room left to write to ${file}; free some space and try again.`,
        isFinal: false,
      }
    case codes.readOnly:
    case codes.cantOpen:
      return {
        code: 'storage',
        message: `${file} cannot be opened for writing (${text}); check that its folder exists and is yours to write.`,
        isFinal: false,
      }
    case codes.busy:
      return {
        code: 'storage',
        message: `${file} is held by another program; close whatever has it open and try again.`,
        isFinal: false,
      }
    default:
      return {
        code: 'storage',
        message: `Writing to ${file} failed: ${text}.`,
        isFinal: failedFlush.includes(extended),
      }
  }
}

export function errorOf(failure: Failure): StorageError {
  return new StorageError(failure.code, failure.message)
}

/** The sentence for a file that is not what was written. */
export function damaged(file: string, why: string): string {
  return `${file} is damaged (${why}); it was left as it is: keep a copy, then restore a backup or move it away.`
}

/** Whether the disk or a set limit has no room left. */
export function isFull(error: unknown): boolean {
  return (resultCode(error) & 0xff) === codes.full
}

/** SQLite's extended result code, 0 when `error` is none of SQLite's. */
function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0
}
