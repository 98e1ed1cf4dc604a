import { isAbsolute } from 'node:path'
import type { Log, Storage } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { MessageName } from '../../protocol/bodies.ts'
import type { ControlRequests, FileInfo, FileProgress, MessageInfo } from '../../protocol/control.ts'
import { type Attachment, chunksOf } from '../../protocol/files.ts'
import { type ConversationId, conversationId, type FileHash, fileHash, messageId, userId } from '../../protocol/ids.ts'
import { isImageType } from '../../protocol/media.ts'
import type { AskFile, FilePart } from '../../protocol/parley_pb.ts'
import { Turns } from '../classic/turns.ts'
import { addData, addPath } from './adding.ts'
import { notHere } from './errors.ts'
import type { Fetch } from './fetch.ts'
import { Fetching, type FetchingParts } from './fetching.ts'
import { type Asker, Giving, type GivingParts } from './giving.ts'
import { FileNews } from './news.ts'
import { fileKeys, fileRow, readFileRow } from './rows.ts'
import type { FileStore } from './store.ts'
import { Sweep } from './sweep.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

export interface FilesParts {
  readonly store: FileStore
  readonly storage: Storage
  readonly holders: FetchingParts['holders']
  readonly takesPart: GivingParts['takesPart']
  /** To dial those who take part in these conversations: one of them may have a file. */
  readonly seek: FetchingParts['sought']
  /** How far a file is, to those front ends that asked for it or sent it. */
  readonly tell: (progress: FileProgress) => void
  /** A file of that message is here now. */
  readonly came: (conversation: ConversationId, message: MessageName) => void | Promise<void>
  /** ms since 1970 */
  readonly now: () => number
  readonly log: Log
}

/** What circles need of files. */
export type CircleFiles = Pick<Files, 'answer' | 'linked' | 'info' | 'sought'>

/** The files of messages: each public method with the name of a request of the control API is that request. */
export class Files {
  readonly #parts: FilesParts
  readonly #news: FileNews
  readonly #fetching: Fetching
  readonly #giving: Giving
  readonly #sweep: Sweep
  readonly #adding = new Turns(limits.filesAdded)
  readonly #closing = new AbortController()
  /** Of what was taken in or sent since the start: the chunks that somebody else has got. */
  readonly #given = new Map<FileHash, Set<number>>()

  constructor(parts: FilesParts) {
    const { store, storage, holders, takesPart, seek, now, log } = parts
    this.#parts = parts
    this.#news = new FileNews(parts.tell)
    this.#fetching = new Fetching({
      ...{ store, storage, holders, sought: seek, log },
      progressed: fetch => this.#progressed(fetch),
      whole: (hash, conversations) => this.#whole(hash, conversations),
    })
    this.#giving = new Giving({
      ...{ store, storage, takesPart },
      partOf: hash => this.#fetching.get(hash)?.part,
      gave: (hash, chunk) => this.#gave(hash, chunk),
    })
    this.#sweep = new Sweep({ store, storage, fetching: this.#fetching, now, log })
  }

  /** Goes on with what was on its way. @throws ParleyError `damaged-data`, and what storage throws */
  async begin(): Promise<void> {
    await this.#fetching.load()
    this.#sweep.begin()
  }

  /** `gone` is aborted when nobody waits for it any more. @throws ParleyError what {@link addPath} and {@link addData} throw */
  readonly addFile = async (params: Params<'addFile'>, gone?: AbortSignal): Result<'addFile'> => {
    const { store, storage, now } = this.#parts
    if (!('path' in params) && !('data' in params && 'name' in params)) {
      throw new ParleyError('usage', 'A file is given by its path, or by a name and its data.')
    }
    const signal = AbortSignal.any([this.#closing.signal, ...(gone ? [gone] : [])])
    const done = await this.#adding.take(signal)
    try {
      const added = 'path' in params ? await addPath(store, params.path, signal) : await addData(store, params, signal)
      await storage.write([{ put: fileKeys.added(added.hash), value: fileRow(added) }])
      await store.touch(added.hash, now())
      await this.#fetching.get(added.hash)?.came()
      return this.info(added)
    } finally {
      done()
    }
  }

  /** Resolves once it is whole, however long that takes. @throws ParleyError `no-file`, `forged`, `busy`, `closed` */
  readonly fetchFile = async (params: Params<'fetchFile'>): Result<'fetchFile'> => {
    const conversation = conversationId(params.conversation)
    const attachment = await this.#named(conversation, fileHash(params.hash))
    if (!this.#parts.store.files.has(attachment.hash)) {
      const fetch = await this.#fetching.want(conversation, attachment)
      this.#progressed(fetch)
      await fetch.whole
    }
    return this.info(attachment)
  }

  /** What has come of it goes; whoever waits for it is told. @throws ParleyError `no-file` when no message there names it */
  readonly cancelFile = async (params: Params<'cancelFile'>): Result<'cancelFile'> => {
    const { hash, size } = await this.#named(conversationId(params.conversation), fileHash(params.hash))
    if (!this.#fetching.get(hash)) return {}
    await this.#fetching.cancel(hash)
    this.#news.now(hash, { hash, done: 0, size, waiting: 'It was cancelled.' })
    return {}
  }

  /** @throws ParleyError `no-file`, `no-space`, `usage` */
  readonly saveFile = async (params: Params<'saveFile'>): Result<'saveFile'> => {
    const { hash } = await this.#named(conversationId(params.conversation), fileHash(params.hash))
    if (!isAbsolute(params.path)) throw new ParleyError('usage', 'The place of a file is named by its whole path here.')
    await this.#parts.store.save(hash, params.path)
    return {}
  }

  /**
   * A file as it is to be sent with a message: taken in from this machine, or of a message that has come.
   * @throws ParleyError `no-file`, `bad-address` for what is no hash
   */
  async attachment(given: string): Promise<Attachment> {
    const { store, storage, now } = this.#parts
    const hash = fileHash(given)
    if (!store.files.has(hash)) throw notHere()
    const key = fileKeys.added(hash)
    const [added] = await storage.get([key])
    const [[name, value] = []] = added
      ? [[key, added]]
      : (await storage.list(fileKeys.namesOf(hash), { limit: 1 })).rows
    if (name === undefined || value === undefined) throw notHere()
    await store.touch(hash, now())
    this.#watchGiven(hash)
    return { ...readFileRow(name, value), size: store.file(hash).size }
  }

  /** A file of a message, with its place where it is here, or with how much of it has come. */
  info(attachment: Attachment): FileInfo {
    const stored = this.#parts.store.files.get(attachment.hash)
    if (stored) return { ...attachment, path: stored.path }
    const fetch = this.#fetching.get(attachment.hash)
    return fetch ? { ...attachment, coming: fetch.done } : attachment
  }

  /** Answers a peer's request. @throws ParleyError */
  answer(asked: AskFile, asker: Asker): Promise<FilePart> {
    return this.#giving.answer(asked, asker)
  }

  /** The conversations that name files which nobody who is linked has. */
  get sought(): ReadonlySet<ConversationId> {
    return this.#fetching.sought
  }

  /** A link is up: somebody may have what is wanted. */
  linked(): void {
    this.#fetching.linked()
  }

  /** Messages are shown: what of them is a small image is fetched, so that it is seen. */
  shown(messages: readonly MessageInfo[]): void {
    for (const { conversation, files = [] } of messages) {
      for (const file of files) if (this.#isWanted(file)) void this.#fetchQuietly(conversationId(conversation), file)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
    this.#news.close()
    await this.#sweep.close()
    await this.#fetching.close()
    this.#parts.store.close()
  }

  #isWanted({ hash, type, size, path }: FileInfo): boolean {
    if (path !== undefined || !isImageType(type) || size > limits.fetchedByItself) return false
    return this.#fetching.get(fileHash(hash)) === undefined && this.#fetching.count < limits.imagesWaiting
  }

  async #fetchQuietly(conversation: ConversationId, file: FileInfo): Promise<void> {
    try {
      await this.#fetching.want(conversation, await this.#named(conversation, fileHash(file.hash)))
    } catch (error) {
      const { code, message } = asParleyError(error)
      this.#parts.log.info({ code, file: file.hash }, `An image was not fetched: ${message}`)
    }
  }

  /** @throws ParleyError `no-file` */
  async #named(conversation: ConversationId, hash: FileHash): Promise<Attachment> {
    const { rows } = await this.#parts.storage.list(fileKeys.namesIn(hash, conversation), { limit: 1 })
    const [[key, value] = []] = rows
    if (key !== undefined && value !== undefined) return readFileRow(key, value)
    throw new ParleyError('no-file', 'No message of this chat has such a file.')
  }

  #progressed({ hash }: Fetch): void {
    this.#news.later(hash, () => {
      const fetch = this.#fetching.get(hash)
      if (!fetch) return undefined
      const { done, size, waiting } = fetch
      return { hash, done, size, ...(waiting === undefined ? {} : { waiting }) }
    })
  }

  #whole(hash: FileHash, conversations: readonly ConversationId[]): void {
    const { path, size } = this.#parts.store.file(hash)
    this.#news.now(hash, { hash, done: size, size, path })
    for (const conversation of conversations) {
      this.#tellMessages(hash, conversation).catch(error => {
        const { message } = asParleyError(error)
        this.#parts.log.warn({ file: hash }, `The messages with a file that has come could not be told: ${message}`)
      })
    }
  }

  /** Messages show a file otherwise once it is here. */
  async #tellMessages(hash: FileHash, conversation: ConversationId): Promise<void> {
    const prefix = fileKeys.namesIn(hash, conversation)
    const { rows } = await this.#parts.storage.list(prefix, { limit: limits.fileNamers })
    for (const [key] of rows) {
      const [user = '', message = ''] = key.slice(prefix.length).split('/')
      await this.#parts.came(conversation, { user: userId(user), message: messageId(message) })
    }
  }

  /** Whoever sends it sees how far others have got it. */
  #watchGiven(hash: FileHash): void {
    this.#given.delete(hash)
    this.#given.set(hash, new Set())
    const [oldest] = this.#given.keys()
    if (oldest !== undefined && this.#given.size > limits.filesWatched) this.#given.delete(oldest)
  }

  #gave(hash: FileHash, chunk: number): void {
    const given = this.#given.get(hash)
    const stored = this.#parts.store.files.get(hash)
    if (given === undefined || stored === undefined || given.has(chunk)) return
    given.add(chunk)
    const { size, path } = stored
    const isAll = given.size === chunksOf(size)
    this.#news.later(hash, () => {
      if (isAll) this.#given.delete(hash)
      const done = isAll ? size : Math.min(size, given.size * limits.fileChunk)
      return { hash, done, size, ...(done === size && { path }) }
    })
  }
}
