import type { FileInfo, FileProgress } from '@parley/daemon/protocol/control'
import type { Host } from '../bridge.ts'
import { limits } from '../limits.ts'
import { sentence } from './pages.ts'
import type { ChatStore } from './state.ts'

/** A file on its way. `why` it is not to be had, in a sentence: nobody tries to fetch it any more. */
export interface Coming extends FileProgress {
  readonly why?: string
}

/** The files of messages: how far each has come, and the images that are shown. */
export class Files {
  readonly #host: Host
  readonly #store: ChatStore
  readonly #progress = new Map<string, Coming>()
  /** Those that the person wants no more: what is still told of them is of before. */
  readonly #cancelled = new Set<string>()
  /** By hash, the one that was drawn last at the end. */
  readonly #images = new Map<string, Promise<string | undefined>>()
  readonly #listeners = new Set<(hash: string) => void>()

  constructor(host: Host, store: ChatStore) {
    this.#host = host
    this.#store = store
  }

  /** What is known of one that is on its way, or was not to be had. */
  progress(hash: string): Coming | undefined {
    return this.#progress.get(hash)
  }

  /** Calls `listener` with the hash of each file of which something has changed. */
  subscribe(listener: (hash: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  told(progress: Coming): void {
    if (this.#cancelled.has(progress.hash)) return
    this.#progress.set(progress.hash, progress)
    this.#changed(progress.hash)
  }

  fetch({ hash, size }: FileInfo): void {
    this.#cancelled.delete(hash)
    this.told({ hash, done: 0, size })
    this.#host.ask('fetchFile', { hash }).then(
      () => this.told({ hash, done: size, size, path: '' }),
      error => this.told({ hash, done: 0, size, why: sentence(error) }),
    )
  }

  /** Gives up a file that is on its way. */
  cancel({ hash }: FileInfo): void {
    const before = this.#progress.get(hash)
    this.#cancelled.add(hash)
    this.#progress.delete(hash)
    this.#changed(hash)
    this.#host.ask('cancelFile', { hash }).catch(error => {
      this.#cancelled.delete(hash)
      if (before) this.told(before)
      this.#store.set({ problem: sentence(error) })
    })
  }

  save({ hash, name }: FileInfo): void {
    this.#store.set({ problem: undefined })
    this.#host.ask('saveFile', { hash, name }).catch(error => this.#store.set({ problem: sentence(error) }))
  }

  /** An image as the address of its own bytes; `undefined`: it cannot be shown. */
  image(file: FileInfo): Promise<string | undefined> {
    const { hash } = file
    const known = this.#images.get(hash)
    const image = known ?? this.#read(file)
    this.#images.delete(hash)
    this.#images.set(hash, image)
    const [oldest] = this.#images.keys()
    if (this.#images.size > limits.images && oldest !== undefined) this.#images.delete(oldest)
    return image
  }

  #changed(hash: string): void {
    for (const listener of this.#listeners) listener(hash)
  }

  async #read({ hash, size, type }: FileInfo): Promise<string | undefined> {
    try {
      const image = await this.#host.ask('image', { hash, size })
      return image ? `data:${type};base64,${image.data}` : undefined
    } catch {
      // It is asked for again when it is drawn the next time; the file itself says what hinders it.
      this.#images.delete(hash)
      return undefined
    }
  }
}

/** Whether a file is drawn as a picture: of types that are pictures and nothing else, and not too large for a page. */
export function isPicture({ type, size, width = 0, height = 0 }: FileInfo): boolean {
  return pictures.has(type) && size > 0 && size <= limits.image && width > 0 && height > 0
}

const pictures: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
