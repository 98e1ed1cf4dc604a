import type { Failure } from './errors.ts'

/** What the writer is started with. */
export interface WriterData {
  readonly file: string
  readonly maxSize: number | undefined
  readonly sweepEvery: number
}

/** To the writer: a group of batches as GroupEncoder writes it, or the word that no more will come. */
export type ToWriter = { readonly group: Uint8Array<ArrayBuffer> } | 'close'

/** From the writer. Results stand in the order of the group's batches; groups are answered in the order they came. */
export type FromWriter =
  | { readonly is: 'ready' }
  | { readonly is: 'unopened'; readonly failure: Failure }
  | { readonly is: 'written'; readonly results: readonly Result[] }

export type Result = 'committed' | 'conflict' | Failure
