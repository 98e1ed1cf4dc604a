import { randomBytes } from 'node:crypto'
import type { Log, Storage } from '@parley/kit'
import type { HubOptions } from '../../daemon/src/hub/home.ts'
import { type Hub, startHub } from '../../daemon/src/hub/hub.ts'
import type { HubNews } from '../../daemon/src/hub/news.ts'
import { ensureHome } from '../../daemon/src/locations.ts'
import type { AccountInfo, MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { openMemoryStorage } from '../../plugins/storage-memory/src/index.ts'
import { temporaryFolder } from './folder.ts'
import { testLog, within } from './links.ts'

/** A password that nobody would guess first. */
export const password = 'correct horse battery'

/** What outlives a run of a hub: its key files and its storage. */
export interface HubHome extends AsyncDisposable {
  readonly path: string
  readonly storage: Storage
}

export async function hubHome(storage: Storage = openMemoryStorage()): Promise<HubHome> {
  const folder = await temporaryFolder()
  ensureHome(folder.path)
  return { path: folder.path, storage, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

export interface RunningHub extends AsyncDisposable {
  readonly hub: Hub
  readonly log: ReturnType<typeof testLog>
  account(): AccountInfo
  /** The news since the start. */
  readonly news: readonly HubNews[]
  /** Resolves when `look`, asked now and after each change, gives something. */
  seen<T>(what: string, look: () => T | undefined | false, deadline?: number): Promise<T>
  say(to: string, text: string): Promise<MessageInfo>
  texts(from: string): Promise<string[]>
}

/** A hub on loopback, on any free port, that redials quickly. */
export async function startTestHub(
  home: HubHome,
  changes: Partial<HubOptions> & { log?: Log } = {},
): Promise<RunningHub> {
  const log = testLog()
  const hub = await startHub({
    storage: home.storage,
    locations: ensureHome(home.path),
    options: { listen: ['127.0.0.1:0'] },
    log,
    ...changes,
  })
  const news: HubNews[] = []
  const looks = new Set<() => void>()
  hub.watch(change => {
    news.push(change)
    for (const look of looks) look()
  })
  return {
    hub,
    log,
    news,
    account() {
      const [account] = hub.snapshot().accounts
      if (!account) throw new Error('Nobody has signed up in this home.')
      return account
    },
    async seen<T>(what: string, look: () => T | undefined | false, deadline = 10_000) {
      const found = Promise.withResolvers<T>()
      const check = () => {
        const value = look()
        if (value !== undefined && value !== false) found.resolve(value)
      }
      looks.add(check)
      check()
      try {
        return await within(what, found.promise, deadline)
      } finally {
        looks.delete(check)
      }
    },
    say: (to, text) => hub.send({ to, text, message: messageText() }),
    async texts(from) {
      const { messages } = await hub.history({ with: from, limit: 500 })
      return messages.map(({ text }) => text)
    },
    [Symbol.asyncDispose]: () => hub.close(),
  }
}

/** A new message id. */
export function messageText(): string {
  return toText(randomBytes(16))
}
