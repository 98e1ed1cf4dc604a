import { StorageError } from '@parley/kit'

/** The store did not do what it was asked to; whether it did a part of it is unknown. */
export function unanswered(store: string, why: string, cause?: unknown): StorageError {
  return new StorageError(
    'storage',
    `${store} does not work at the moment (${why}); Parley tries again by itself, see that it runs and can be reached.`,
    { cause },
  )
}

export function damaged(store: string, why: string): StorageError {
  return new StorageError(
    'damaged-data',
    `What is in ${store} is not what was written (${why}); it was left as it is: restore a backup or use another namespace.`,
  )
}

export function newer(store: string): StorageError {
  return new StorageError('newer-data', `${store} was written by a newer Parley; install that one.`)
}

/** Another process owns the store: trying again is of no use. */
export class TakenError extends StorageError {
  constructor(store: string) {
    super(
      'storage',
      `Another Parley uses ${store} with the same namespace; stop it first, or give this one a namespace of its own.`,
    )
  }
}

export function closed(store: string): StorageError {
  return new StorageError('storage', `${store} is closed; Parley is stopping.`)
}

export function crowded(store: string): StorageError {
  return new StorageError('storage', `Too many writes wait for ${store}; try again in a moment.`)
}

/** Whether trying again is of no use. */
export function isFinal(error: unknown): error is StorageError {
  return error instanceof TakenError || (error instanceof StorageError && error.code !== 'storage')
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Each caller's own error, with its own stack. */
export function again(error: StorageError): StorageError {
  return new StorageError(error.code, error.message, { cause: error })
}
