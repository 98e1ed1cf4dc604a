import type { Log } from '@parley/kit'
import { asParleyError } from '../errors.ts'
import type { ChatState, FileProgress, MessageInfo, PeopleChange, PersonInfo } from '../protocol/control.ts'

/** What of a hub has changed; ask the snapshot for what it is now. */
export interface HubNews {
  readonly accounts?: true
  readonly conversation?: string
  readonly messages?: { readonly conversation: string; readonly messages: readonly MessageInfo[] }
  /** Messages of others that have just come, none of a muted conversation, and none while one is busy. */
  readonly arrived?: {
    readonly conversation: string
    readonly person: PersonInfo
    readonly messages: readonly MessageInfo[]
  }
  readonly people?: PeopleChange
  /** Chat requests that wait are others now. */
  readonly requests?: true
  /** One's own devices that wait to be approved are others now. */
  readonly pendingDevices?: true
  /** Another device of one's own has let go of something, or says for how long messages stay. */
  readonly letGo?: true
  /** How far a file is, for those who have asked for it or sent it. */
  readonly file?: FileProgress
  /** `by`: who saved it. */
  readonly chat?: { readonly conversation: string; readonly state: ChatState; readonly by: object | undefined }
}

/** Tells whoever listens what of a hub has changed. */
export class Newsroom {
  readonly #log: Log
  readonly #listeners = new Set<(news: HubNews) => void>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Returns what ends it. */
  watch(listener: (news: HubNews) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(news: HubNews): void {
    for (const listener of this.#listeners) {
      try {
        listener(news)
      } catch (error) {
        this.#log.error({ error: asParleyError(error).message }, 'A listener of the hub has failed.')
      }
    }
  }
}
