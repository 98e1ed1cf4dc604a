import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { openMemoryStorage } from '@parley/storage-memory'
import { Files } from '../../daemon/src/hub/files/files.ts'
import type { Holder } from '../../daemon/src/hub/files/lane.ts'
import { fileKeys, fileRow } from '../../daemon/src/hub/files/rows.ts'
import { FileStore } from '../../daemon/src/hub/files/store.ts'
import { ensureHome } from '../../daemon/src/locations.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import type { FileInfo, FileProgress } from '../../daemon/src/protocol/control.ts'
import type { Attachment } from '../../daemon/src/protocol/files.ts'
import {
  type ConversationId,
  conversationId,
  deviceId,
  fileHash,
  messageId,
  type UserId,
  userId,
} from '../../daemon/src/protocol/ids.ts'
import type { AskFile, FilePart } from '../../daemon/src/protocol/parley_pb.ts'
import { temporaryFolder } from './folder.ts'
import { linkPair, testLog } from './links.ts'

export interface StoreHome extends AsyncDisposable {
  /** A folder beside the home, for what a person has. */
  readonly path: string
  readonly store: FileStore
  /** Called whenever the store looks how much room there is, which is before it reads a file. */
  asked: () => unknown
  write(name: string, bytes: Uint8Array): Promise<string>
}

/** A store of files in a home of its own. */
export async function storeOf(): Promise<StoreHome> {
  const folder = await temporaryFolder()
  const home: Omit<StoreHome, 'store'> = {
    path: folder.path,
    asked: () => {},
    async write(name, bytes) {
      const file = path.join(folder.path, name)
      await writeFile(file, bytes)
      return file
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
  const free = async () => {
    await home.asked()
    return Number.MAX_SAFE_INTEGER
  }
  return Object.assign(home, { store: await FileStore.open(ensureHome(path.join(folder.path, 'home')), { free }) })
}

/** The store of the home in that folder, as a restart finds it. */
export function storeIn(folder: string): Promise<FileStore> {
  return FileStore.open(ensureHome(path.join(folder, 'home')))
}

/** The files of one person, who takes part in {@link chat}, without the hub around them. */
export interface FilesHome extends AsyncDisposable {
  readonly user: UserId
  /** A folder beside the home. */
  readonly path: string
  files: Files
  readonly store: FileStore
  readonly log: ReturnType<typeof testLog>
  /** What was told of progress. */
  readonly told: FileProgress[]
  /** The messages of which a file has come. */
  readonly came: string[]
  readonly holders: Holder[]
  /** What is answered in the place of the true part. */
  answers: (part: FilePart, asked: AskFile) => FilePart | Promise<FilePart>
  /** Parts that were given to others. */
  given: number
  /** Somebody who takes no part in {@link chat}. */
  readonly stranger: UserId
  /** Bytes that are free on the disk. */
  free: number
  /** ms that the clock is ahead. */
  ahead: number
  /** Takes a file in, and lets a message of {@link chat} name it. */
  add(name: string, bytes: Uint8Array): Promise<FileInfo>
  /** A message of {@link chat} names that file. */
  name(file: FileInfo): Promise<void>
  /** No message names it any more. */
  forget(file: FileInfo): Promise<void>
  fetch(file: FileInfo): Promise<FileInfo>
  restart(): Promise<void>
}

export const chat: ConversationId = conversationId(new Uint8Array(32).fill(3))

export async function filesHome(): Promise<FilesHome> {
  const folder = await temporaryFolder()
  const places = ensureHome(path.join(folder.path, 'home'))
  const storage = openMemoryStorage()
  const author = userId(randomBytes(16))
  const message = messageId(randomBytes(16))
  let store: FileStore
  const open = async () => {
    store = await FileStore.open(places, { free: async () => home.free })
    const files = new Files({
      ...{ store, storage, log: home.log },
      holders: () => home.holders,
      takesPart: (conversation, user) => conversation === chat && user !== home.stranger,
      seek: () => {},
      tell: progress => home.told.push(progress),
      came: (_conversation, name) => void home.came.push(name.message),
      now: () => Date.now() + home.ahead,
    })
    await files.begin()
    return files
  }
  const rowOf = (file: FileInfo) => {
    const { path: _path, ...rest } = file
    const attachment: Attachment = { ...rest, hash: fileHash(file.hash) }
    return { put: fileKeys.name(attachment.hash, chat, author, message), value: fileRow(attachment) }
  }
  const home: Omit<FilesHome, 'files' | 'store'> & { files?: Files } = {
    user: userId(randomBytes(16)),
    stranger: userId(randomBytes(16)),
    path: folder.path,
    log: testLog(),
    told: [],
    came: [],
    holders: [],
    answers: part => part,
    given: 0,
    free: Number.MAX_SAFE_INTEGER,
    ahead: 0,
    async add(name, bytes) {
      await writeFile(path.join(folder.path, name), bytes)
      const file = await opened().addFile({ path: path.join(folder.path, name) })
      await this.name(file)
      return file
    },
    async name(file) {
      await storage.write([rowOf(file)])
    },
    async forget(file) {
      await storage.write([{ remove: rowOf(file).put }])
    },
    fetch: file => opened().fetchFile({ conversation: chat, hash: file.hash }),
    async restart() {
      await opened().close()
      home.holders.length = 0
      home.files = await open()
    },
    async [Symbol.asyncDispose]() {
      await opened().close()
      await folder[Symbol.asyncDispose]()
    },
  }
  const opened = () => {
    if (!home.files) throw new Error('the files are not open')
    return home.files
  }
  return Object.defineProperty(Object.assign(home, { files: await open() }), 'store', {
    get: () => store,
  }) as FilesHome
}

/** Links two homes: what either asks for the other answers. Its end ends the link. */
export async function linkFiles(a: FilesHome, b: FilesHome): Promise<AsyncDisposable & { cut(): void }> {
  const pair = await linkPair()
  takeRequests(pair.near, a, b)
  takeRequests(pair.far, b, a)
  for (const [home, other, link] of [
    [a, b, pair.near],
    [b, a, pair.far],
  ] as const) {
    home.holders.push({ user: other.user, device: deviceId(link.peerId), link })
    home.files.linked()
  }
  return { cut: () => pair.near.close(), [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose]() }
}

function takeRequests(link: Link, home: FilesHome, other: FilesHome): void {
  link.handle({
    async request(is) {
      if (is.case !== 'askFile') return { case: undefined }
      const part = await home.files.answer(is.value, { user: other.user, link })
      home.given++
      return { case: 'filePart', value: await home.answers(part, is.value) }
    },
  })
}
