import { createHash, randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { toBinary } from '@bufbuild/protobuf'
import type { Change, SearchIndex, Storage } from '@parley/kit'
import { openSqliteSearch, openSqliteStorage } from '@parley/storage-sqlite'
import { Indexer } from '../../daemon/src/hub/archive/indexer.ts'
import { Search } from '../../daemon/src/hub/archive/search.ts'
import type { Circle } from '../../daemon/src/hub/circle.ts'
import { keys } from '../../daemon/src/hub/conversations/keys.ts'
import { namedRow, newMessageRow, readMessageRow } from '../../daemon/src/hub/conversations/rows.ts'
import { silentLog } from '../../daemon/src/log.ts'
import { timeOf } from '../../daemon/src/protocol/clock.ts'
import type { DirectInfo, MessageInfo } from '../../daemon/src/protocol/control.ts'
import { MessageRowSchema } from '../../daemon/src/protocol/hub_rows_pb.ts'
import { conversationId, deviceId, messageId, userId } from '../../daemon/src/protocol/ids.ts'

const conversations = Array.from({ length: 20 }, () => conversationId(randomBytes(32)))
const users = Array.from({ length: 8 }, () => userId(randomBytes(16)))
const device = deviceId(randomBytes(32))

/**
 * How long a search takes over a million messages, most of them in one conversation, how fast an index is filled from
 * them, and how long a write of the storage takes meanwhile. Runs only when it is named: it takes some minutes.
 */
export async function benchSearch(stack: AsyncDisposableStack, folder: string, count: number): Promise<void> {
  const dir = join(folder, 'search')
  await mkdir(dir)
  const storage = await openSqliteStorage({ dir, log: silentLog })
  stack.defer(() => storage.close())
  const index = openSqliteSearch({ dir, log: silentLog })
  stack.defer(() => index.close())
  console.error(`Writing ${count} messages …`)
  await write(storage, count)
  const idle = await writeTimes(storage, 300)
  const { seconds, during } = await fill(storage, index)
  console.log(
    `search: index filled at ${Math.round(count / seconds)} messages/s; a write of storage p50 ${ms(idle, 0.5)}, p99 ${ms(idle, 0.99)} alone, p50 ${ms(during, 0.5)}, p99 ${ms(during, 0.99)} meanwhile`,
  )
  const indexer = new Indexer({ storage, index, log: silentLog })
  const search = new Search({
    storage,
    index,
    indexer,
    circles: circlesOf(storage),
    usersOf: async () => users.slice(0, 1),
  })
  for (const [what, params] of Object.entries(searches)) {
    const times: number[] = []
    let hits = 0
    for (let turn = 0; turn < 20; turn++) {
      const before = performance.now()
      hits = (await search.search({ query: '', limit: 20, ...params })).hits.length
      times.push(performance.now() - before)
    }
    console.log(
      `search: ${what.padEnd(36)} ${String(hits).padStart(3)} hits  p50 ${ms(times, 0.5)}  most ${ms(times, 1)}`,
    )
  }
  await indexer.close()
}

const searches = {
  'a usual word': { query: word(3) },
  'a rare word': { query: word(39_000) },
  'one letter': { query: word(0).slice(0, 1) },
  'two letters': { query: word(0).slice(0, 2) },
  'four letters': { query: word(0).slice(0, 4) },
  'three usual words': { query: [1, 2, 3].map(word).join(' ') },
  'a phrase': { query: `"${word(1)} ${word(2)}"` },
  'a usual word of somebody in a chat': { query: word(3), from: 'somebody', with: 'small' },
  'a rare word in a chat': { query: word(39_000), with: 'small' },
  'with files, in a chat': { with: 'small', hasFile: true as const },
  'words that never meet': { query: `${word(1)} ${word(39_990)} ${word(39_991)}` },
}

async function write(storage: Storage, count: number): Promise<void> {
  const begin = Date.now() - count * 1000
  let batch: Change[] = []
  let writing: Promise<unknown> = Promise.resolve()
  for (let number = 0; number < count; number++) {
    // Nine of ten in the first one.
    const conversation = conversations[number % 10 === 0 ? number % conversations.length : 0] ?? device
    const user = users[number % users.length] as (typeof users)[number]
    // In order, unlike real ones: a page of random keys would be written for each, and that is not what is measured.
    const id16 = Buffer.alloc(16)
    id16.writeUInt32BE(number)
    const message = messageId(id16)
    const time = timeOf(begin + number * 1000)
      .toString(16)
      .padStart(16, '0')
    const position = `${time}/${device}/${number.toString(16).padStart(11, '0')}/${'0'.repeat(16)}`
    const id = conversationId(conversation)
    const row = newMessageRow(user, { message, written: begin + number * 1000, text: textOf(number) })
    batch.push(
      { put: keys.message(id, position), value: toBinary(MessageRowSchema, row) },
      { put: keys.named(id, user, message), value: namedRow(position) },
    )
    if (batch.length < 980 && number < count - 1) continue
    await writing
    writing = storage.write(batch)
    batch = []
  }
  await writing
}

/** Fills the index, and writes to the storage all the while. */
async function fill(storage: Storage, index: SearchIndex): Promise<{ seconds: number; during: number[] }> {
  const indexer = new Indexer({ storage, index, log: silentLog })
  const before = performance.now()
  const during: number[] = []
  indexer.start()
  while (indexer.isBehind) during.push(...(await writeTimes(storage, 20)))
  const seconds = (performance.now() - before) / 1000
  await indexer.close()
  return { seconds, during }
}

/** What a person waits for: one small write after the other, each flushed. */
async function writeTimes(storage: Storage, count: number): Promise<number[]> {
  const times: number[] = []
  for (let turn = 0; turn < count; turn++) {
    await new Promise(resolve => setTimeout(resolve, 2))
    const before = performance.now()
    await storage.write([{ put: `bench/${turn}`, value: new Uint8Array(200) }])
    times.push(performance.now() - before)
  }
  return times
}

/** A circle that reads messages as they are stored, and no more: what lists show is not what is measured. */
function circlesOf(storage: Storage): ConstructorParameters<typeof Search>[0]['circles'] {
  const history: Circle['history'] = async (conversation, { from = '' }) => {
    const key = keys.message(conversation, from)
    const [value] = await storage.get([key])
    if (value === undefined) return { messages: [], more: false }
    const { user, message, text, written } = readMessageRow(key, value)
    const info: MessageInfo = { conversation, message, user, name: '', mine: false, text, written, position: from }
    return { messages: [info], more: false }
  }
  const info = (conversation: string): DirectInfo => ({
    ...{ conversation, kind: 'direct', lastLine: '', lastMine: false, lastTime: 0, queued: 0, linked: false },
    ...{ unread: 0, mentions: 0, muted: false, draft: '' },
    person: { user: '', name: '', displayName: '', status: 'offline', since: 0 },
  })
  const circle = { history } as Partial<Circle> as Circle
  return {
    find: async () => ({ circle, conversation: conversationId(conversations[10] ?? '') }),
    of: conversation => ({ circle, conversation }),
    info,
    listed: () => conversations.map(info),
  }
}

/** Words as in a language: the first ones are in most texts, the last in few. */
function textOf(number: number): string {
  const digest = createHash('sha256').update(String(number)).digest()
  const length = 4 + ((digest[0] ?? 0) % 14)
  return Array.from({ length }, (_, at) =>
    word(Math.floor((digest.readUInt16LE(2 + (at % 15) * 2) / 65_536) ** 3 * 40_000)),
  ).join(' ')
}

function word(number: number): string {
  const digest = createHash('sha256').update(`word ${number}`).digest()
  return Array.from(
    { length: 3 + (number % 7) },
    (_, at) => 'etaoinshrdlucmfwypvbgkqjxz'[Math.floor(((digest[at] ?? 0) / 256) ** 2 * 26)],
  ).join('')
}

function ms(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b)
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1)} ms`
}
