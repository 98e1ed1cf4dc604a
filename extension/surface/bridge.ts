import type {
  FromSurface,
  SurfaceEvent,
  SurfaceEvents,
  SurfaceMethod,
  SurfaceRequests,
  SurfaceState,
  ToSurface,
} from '../src/chat/messages.ts'
import { limits } from './limits.ts'

/** The extension as the surface sees it: what can be asked, what it tells, and what is kept over a reload. */
export interface Host {
  /** Rejects with {@link Refusal}, after a deadline as well. */
  ask<Method extends SurfaceMethod>(
    method: Method,
    params: SurfaceRequests[Method][0],
  ): Promise<SurfaceRequests[Method][1]>
  on<Event extends SurfaceEvent>(event: Event, listener: (value: SurfaceEvents[Event]) => void): void
  /** Says that the surface listens; nothing comes before. */
  ready(): void
  /** Whatever was kept: of another version, or nothing. */
  kept(): unknown
  keep(state: SurfaceState): void
}

/** Why a request was refused: a code of the hub's errors, and a sentence for a person. */
export class Refusal extends Error {
  readonly code: string

  constructor(code: string, why: string) {
    super(why)
    this.name = 'Refusal'
    this.code = code
  }
}

/** What VS Code gives each webview. */
export interface WebviewApi {
  postMessage(message: FromSurface): void
  getState(): unknown
  setState(state: SurfaceState): void
}

interface Asked {
  readonly resolve: (result: never) => void
  readonly reject: (refusal: Refusal) => void
  readonly timer: ReturnType<typeof setTimeout>
}

/** Speaks with the extension by `api`; `late` words the refusal of a request that was never answered. */
export class Bridge implements Host {
  readonly #api: WebviewApi
  readonly #late: () => string
  readonly #asked = new Map<number, Asked>()
  readonly #listeners = new Map<SurfaceEvent, ((value: never) => void)[]>()
  /** Begins anywhere: an answer to an earlier page of this webview may still be on its way. */
  #lastId = Math.floor(Math.random() * 2 ** 40)

  constructor(api: WebviewApi, late: () => string) {
    this.#api = api
    this.#late = late
  }

  /** Takes what the window's `message` event brings. */
  receive(message: ToSurface): void {
    if (message.is === 'event') {
      for (const listener of this.#listeners.get(message.event) ?? []) listener(message.value as never)
      return
    }
    const asked = this.#asked.get(message.id)
    if (asked === undefined) return
    this.#asked.delete(message.id)
    clearTimeout(asked.timer)
    if (message.is === 'reply') asked.resolve(message.result as never)
    else asked.reject(new Refusal(message.code, message.why))
  }

  ask<Method extends SurfaceMethod>(
    method: Method,
    params: SurfaceRequests[Method][0],
  ): Promise<SurfaceRequests[Method][1]> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.receive({ is: 'refusal', id, code: 'timeout', why: this.#late() }),
        ofFiles.has(method)
          ? limits.fileTimeout
          : asksPerson.has(method)
            ? limits.personTimeout
            : limits.requestTimeout,
      )
      this.#asked.set(id, { resolve, reject, timer })
      this.#api.postMessage({ is: 'request', id, method, params } as FromSurface)
    })
  }

  on<Event extends SurfaceEvent>(event: Event, listener: (value: SurfaceEvents[Event]) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
  }

  ready(): void {
    this.#api.postMessage({ is: 'ready' })
  }

  kept(): unknown {
    return this.#api.getState()
  }

  keep(state: SurfaceState): void {
    this.#api.setState(state)
  }
}

/** Requests that may end in a question to the person. */
const asksPerson: ReadonlySet<SurfaceMethod> = new Set([
  'openLink',
  'openPlace',
  'act',
  'remove',
  'pickFiles',
  'saveFile',
] as const)

/** Those that wait until a file is whole. */
const ofFiles: ReadonlySet<SurfaceMethod> = new Set(['addFile', 'fetchFile', 'image'] as const)
