import net from 'node:net'
import { join } from 'node:path'
import { until } from '../../support/wait.ts'
import { BenchHome } from './bench-home.ts'
import { actorOf, newRoles } from './cast.ts'
import { seedConversation } from './seed.ts'

/** Bytes that the next link of two devices takes which have the same 1,000 conversations: TLS and all, as a wire sees them. */
export async function benchLinkUp(stack: AsyncDisposableStack, folder: string): Promise<void> {
  const count = 1000
  const [self, ...others] = newRoles(count + 1).map(actorOf)
  const [twin] = newRoles(1).map(role => actorOf({ ...role, user: self?.user ?? '' }))
  if (self === undefined || twin === undefined) throw new Error('there is nobody')
  const actors = [self, twin, ...others]
  console.error(`Writing ${count} conversations …`)
  const first = stack.use(await BenchHome.open(join(folder, 'first'), self, actors))
  for (const [number, other] of others.entries()) {
    await seedConversation(first.storage, { home: self, other, author: self, count: 3, arrival: number + 1 })
  }
  await first[Symbol.asyncDispose]()
  const open = stack.use(await BenchHome.open(join(folder, 'first'), self, actors))
  const second = stack.use(await BenchHome.open(join(folder, 'second'), twin, actors))
  const wire = stack.use(await startWire(await open.listen()))
  const isThere = () => {
    const list = second.conversations.list()
    return list.length === count && list.every(chat => chat.count === 3)
  }
  for (const which of ['first', 'second', 'third']) {
    const begin = wire.passed()
    const before = performance.now()
    const link = await second.dial(self, wire.port)
    await until('all conversations are there', isThere, longest)
    await wire.silent()
    const ms = performance.now() - before
    const { out, back } = wire.passed()
    const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
    console.log(
      `link-up, ${count} chats, ${which} link: ${kib(out - begin.out)} out, ${kib(back - begin.back)} back; silent after ${ms.toFixed(0)} ms`,
    )
    link.close()
    await link.closed
  }
}

/** A way to a port of this machine that counts what passes. */
async function startWire(to: number) {
  let out = 0
  let back = 0
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ noDelay: true }, near => {
    const far = net.connect({ host: '127.0.0.1', port: to, noDelay: true })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    near.on('data', chunk => {
      out += chunk.length
    })
    far.on('data', chunk => {
      back += chunk.length
    })
    near.pipe(far).pipe(near)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    passed: () => ({ out, back }),
    /** Resolves when nothing has passed for a while. */
    async silent() {
      for (let before = -1; before !== out + back; ) {
        before = out + back
        await new Promise(resolve => setTimeout(resolve, quiet))
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** ms for the first link. */
const longest = 120_000

/** ms; more than what offers wait for. */
const quiet = 2500
