import { ParleyError } from '@parley/daemon/client/basics'
import * as l10n from '@vscode/l10n'
import type { Disposable, Event } from '../event.ts'
import type { ChatListener } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import type { Authors } from './authors.ts'
import type { SurfaceNews, ToSurface } from './messages.ts'

/** The way to a page and from it. What comes from it is not checked yet. */
export interface Port {
  post(message: ToSurface): void
  readonly onMessage: Event<unknown>
}

/**
 * One load of a surface's page, from its `ready` until it is hidden or loaded again. Nothing is told to it before it
 * has opened the chat; what comes while it does waits for the answer, which may be older.
 */
export class SurfacePage {
  readonly #port: Port
  readonly #authors: Authors
  readonly #ended = new AbortController()
  readonly #waiting: SurfaceNews[] = []
  #watching: Disposable | undefined
  #state: 'new' | 'opening' | 'open' | 'refused' = 'new'
  #underWay = 0
  /** What the page was told last of who and what is around the messages, as text. */
  lastView = ''

  constructor(port: Port, authors: Authors) {
    this.#port = port
    this.#authors = authors
  }

  /** Aborted when nobody is left to answer to. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  end(): void {
    this.#watching?.dispose()
    this.#ended.abort()
    this.#state = 'new'
  }

  /** Follows the chat from now on: before its history is read, so that no message falls between. */
  watch(watch: (listener: ChatListener) => Disposable): void {
    this.#watching ??= watch({
      messages: messages => this.tell({ is: 'event', event: 'messages', value: messages.map(this.#authors.shown) }),
      saved: ({ draft }) => this.tell({ is: 'event', event: 'saved', value: { draft } }),
      stale: () => this.tell(stale),
    })
  }

  opening(): void {
    this.#state = 'opening'
  }

  /** The page has its answer: tells what came meanwhile. */
  opened(): void {
    this.#state = 'open'
    for (const news of this.#waiting.splice(0)) this.post(news)
  }

  notOpened(): void {
    this.#state = 'refused'
    this.#waiting.length = 0
  }

  /** Has the page try again when it was refused. */
  openAgain(): void {
    if (this.#state === 'refused') this.post(stale)
  }

  tell(news: SurfaceNews): void {
    if (this.#state === 'open') this.post(news)
    if (this.#state !== 'opening') return
    if (this.#waiting.length < limits.waitingNews) this.#waiting.push(news)
    else this.#waiting.splice(0, Number.POSITIVE_INFINITY, stale)
  }

  /** Does what the page asks for, unless it has too much under way. */
  async within<T>(act: () => Promise<T>): Promise<T> {
    if (this.#underWay >= limits.surfaceRequests)
      throw new ParleyError('busy', l10n.t('Too much is under way. Try again.'))
    this.#underWay++
    try {
      return await act()
    } finally {
      this.#underWay--
    }
  }

  post(message: ToSurface): void {
    if (!this.#ended.signal.aborted) this.#port.post(message)
  }

  refuse(id: number, { code, message: why }: ParleyError): void {
    this.post({ is: 'refusal', id, code, why })
  }
}

const stale: SurfaceNews = { is: 'event', event: 'stale', value: {} }
