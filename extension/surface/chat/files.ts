import type { FileInfo, FileProgress } from '@parley/daemon/protocol/control'
import type { Host } from '../bridge.ts'
import { limits } from '../limits.ts'
import { sentence } from './pages.ts'
import type { ChatStore } from './state.ts'

/** The files of messages: how far each has come, and the images that are shown. */
export class Files {
  readonly #host: Host
  readonly #store: ChatStore
  readonly #progress = new Map<string, FileProgress>()
  /** By hash, the one that was drawn last at the end. */
  readonly #images = new Map<string, Promise<string | undefined>>()
  readonly #listeners = new Set<(hash: string) => void>()

  constructor(host: Host, store: ChatStore) {
    this.#host = host
    this.#store = store
  }

  /** What is known of one that is on its way. */
  progress(hash: string): FileProgress | undefined {
    return this.#progress.get(hash)
  }

  /** Calls `listener` with the hash of each file of which something has changed. */
  subscribe(listener: (hash: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  told(progress: FileProgress): void {
    this.#progress.set(progress.hash, progress)
    for (const listener of this.#listeners) listener(progress.hash)
  }

  fetch({ hash, size }: FileInfo): void {
    this.told({ hash, done: 0, size })
    this.#host.ask('fetchFile', { hash }).then(
      () => this.told({ hash, done: size, size, path: '' }),
      error => this.told({ hash, done: 0, size, waiting: sentence(error) }),
    )
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
