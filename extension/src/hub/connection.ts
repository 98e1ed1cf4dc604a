import type { LogOutputChannel, Uri } from 'vscode'
import type { Disposable } from '../event.ts'
import type { Hub } from './hub.ts'

/** Finds or starts the hub and follows it until disposed. */
export function connectHub(_options: { readonly log: LogOutputChannel; readonly extensionUri: Uri }): Hub & Disposable {
  throw new Error('not built yet')
}
