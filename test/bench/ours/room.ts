// Homes of a room in a process of their own, without a registry. `author DIR ROLES` founds a room with everybody, listens,
// and for each line `WINDOW MS` on stdin sends with that many messages in flight and prints the rate until all have it.
// `members DIR ROLES PORT` holds all the others, each with a storage and a link of its own. Both answer to `cost` what it
// has cost since.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type ConversationId, messageId } from '../../../daemon/src/protocol/ids.ts'
import { type ActBody, encodeAct, kindOf } from '../../../daemon/src/protocol/membership-bodies.ts'
import { BenchHome } from '../conversations/bench-home.ts'
import { actorOf, type Role, registry } from '../conversations/cast.ts'
import { startGauge } from '../gauge.ts'
import { measureRate } from '../measure.ts'

const [mode, dir = '', roles = '', port] = process.argv.slice(2)
const actors = (JSON.parse(roles) as Role[]).map(actorOf)
const [first, ...others] = actors
if (first === undefined) throw new Error('there is nobody')
process.on('SIGTERM', () => {}) // stdin ends as well
await using stack = new AsyncDisposableStack()
const deliver = mode === 'author' ? await found(first) : await joinAll()
let stop = startGauge()
for await (const line of createInterface({ input: process.stdin })) {
  const [window = 1, duration = 1000] = line.split(' ').map(Number)
  if (line === 'cost') {
    console.log(JSON.stringify(stop()))
    stop = startGauge()
  } else console.log(JSON.stringify(await measureRate(window, duration, deliver)))
}

async function found(author: (typeof actors)[number]): Promise<() => Promise<void>> {
  const home = stack.use(await BenchHome.open(join(dir, 'author'), author, actors))
  const { conversations } = home
  const nonce = new Uint8Array(randomBytes(16))
  const founding = {
    is: 'founding',
    registry,
    user: author.user,
    name: 'room',
    topic: '',
    history: 'all',
    nonce,
  } as const
  const room = await conversations.found(encodeAct(founding, newId(), Date.now()))
  for (const { user } of others) await act(home, room, { is: 'invitation', user, from: [] })
  const waiting = new Map<string, () => void>()
  conversations.watch(({ messages }) => {
    for (const { message, reached } of messages) {
      if (reached?.delivered !== others.length) continue
      waiting.get(message)?.()
      waiting.delete(message)
    }
  })
  console.log(JSON.stringify({ port: await home.listen() }))
  await home.until(() => conversations.membersOf(room)?.users.size === actors.length)
  console.log(JSON.stringify({ joined: others.length }))
  return () =>
    new Promise((resolve, reject) => {
      const message = newId()
      waiting.set(message, resolve)
      const text = 'a line of about the usual length, as people write'
      conversations.sendTo(room, { message, text, written: Date.now() }).catch(reject)
    })
}

async function joinAll(): Promise<() => Promise<void>> {
  const author = first
  if (author === undefined) throw new Error('there is nobody')
  for (const [number, self] of others.entries()) {
    const home = stack.use(await BenchHome.open(join(dir, `member-${number}`), self, actors))
    await home.dial(author, Number(port))
    await home.until(() => home.conversations.rooms().length === 1)
    const [room] = home.conversations.rooms()
    if (room) await act(home, room.conversation, { is: 'joining' })
  }
  console.log(JSON.stringify({}))
  return () => Promise.reject(new Error('members only listen'))
}

function act(home: BenchHome, room: ConversationId, body: ActBody): Promise<Uint8Array> {
  return home.conversations.enact(room, kindOf(body) ?? 0, encodeAct(body, newId(), Date.now()))
}

function newId() {
  return messageId(new Uint8Array(randomBytes(16)))
}
