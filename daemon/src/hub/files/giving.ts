import { create } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Link } from '../../net/link.ts'
import { type ConversationId, conversationId, type FileHash, fileHash, type UserId } from '../../protocol/ids.ts'
import { type AskFile, type FilePart, FilePartSchema } from '../../protocol/parley_pb.ts'
import { Turns } from '../classic/turns.ts'
import { storeError } from './errors.ts'
import type { Part } from './part.ts'
import { fileKeys } from './rows.ts'
import type { FileStore } from './store.ts'

/** Whose device asks, over which link. */
export interface Asker {
  readonly user: UserId
  readonly link: Pick<Link, 'signal' | 'room'>
}

export interface GivingParts {
  readonly store: FileStore
  readonly storage: Storage
  /** What is here of a file that is being fetched; `soon`: in a moment. */
  readonly partOf: (hash: FileHash) => Part | 'soon' | undefined
  /** Whether somebody takes part in a conversation now, as one's own devices always do. */
  readonly takesPart: (conversation: ConversationId, user: UserId) => boolean
  /** That chunk was given to a device. */
  readonly gave: (hash: FileHash, chunk: number) => void
}

/**
 * Gives parts of files to the devices of those who take part in a conversation that names them, and to nobody else: who
 * asks for anything else learns no more than that it is not to be had. What is still on its way here is given as far as it
 * has come. A few parts at a time, and of one link only as
 * fast as it takes them, so that what is said over it waits behind little.
 */
export class Giving {
  readonly #parts: GivingParts
  readonly #turns = new Turns(limits.partsGiven)
  readonly #turnsOf = new WeakMap<AbortSignal, Turns>()

  constructor(parts: GivingParts) {
    this.#parts = parts
  }

  /** @throws ParleyError `no-file`, `bad-frame`, `closed` */
  async answer(asked: AskFile, asker: Asker): Promise<FilePart> {
    const conversation = conversationId(asked.conversation)
    const hash = fileHash(asked.hash)
    const { signal } = asker.link
    const over = await this.#turnsFor(signal).take(signal)
    try {
      await asker.link.room(limits.partsUnsent)
      const done = await this.#turns.take(signal)
      try {
        return await this.#read(asked, conversation, hash, asker.user)
      } finally {
        done()
      }
    } finally {
      over()
    }
  }

  /** Judged with each part: who was removed gets no more. */
  async #read(asked: AskFile, conversation: ConversationId, hash: FileHash, user: UserId): Promise<FilePart> {
    const { store, storage, takesPart, gave } = this.#parts
    if (!takesPart(conversation, user)) throw notToBeHad()
    const { rows } = await storage.list(fileKeys.namesIn(hash, conversation), { limit: 1 })
    if (rows.length === 0) throw notToBeHad()
    if (!store.files.has(hash)) return this.#readPart(asked, hash)
    if (asked.hashes) return create(FilePartSchema, { bytes: await store.chunkHashes(hash) })
    const part = create(FilePartSchema, { bytes: await store.readChunk(hash, asked.chunk) })
    gave(hash, asked.chunk)
    return part
  }

  /** Of a file that is still on its way here: what has come was checked, and is as good as from whoever has all. */
  async #readPart({ hashes, chunk }: AskFile, hash: FileHash): Promise<FilePart> {
    const part = this.#parts.partOf(hash)
    if (part === 'soon') {
      const retryAfter = limits.filePartAgain
      throw new ParleyError('busy', 'This hub is about to have some of that file. Ask again in a moment.', {
        retryAfter,
      })
    }
    if (part === undefined) throw notToBeHad()
    if (hashes) return create(FilePartSchema, { bytes: new Uint8Array(part.hashes) })
    if (!part.has(chunk)) return create(FilePartSchema, { here: new Uint8Array(part.here) })
    const bytes = await part.read(chunk).catch(error => {
      throw storeError(error)
    })
    this.#parts.gave(hash, chunk)
    return create(FilePartSchema, { bytes: new Uint8Array(bytes) })
  }

  #turnsFor(signal: AbortSignal): Turns {
    const turns = this.#turnsOf.get(signal) ?? new Turns(limits.partsGivenToOne)
    this.#turnsOf.set(signal, turns)
    return turns
  }
}

function notToBeHad(): ParleyError {
  return new ParleyError('no-file', 'This hub has no such file for you.')
}
