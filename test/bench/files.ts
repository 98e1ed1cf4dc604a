import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import tls from 'node:tls'
import { limits } from '../../daemon/src/limits.ts'
import { createIdentity } from '../../daemon/src/net/identity.ts'
import { linkTls } from '../../daemon/src/net/tls.ts'
import { fileHash } from '../../daemon/src/protocol/ids.ts'
import { type FilesHome, filesHome, linkFiles } from '../support/files.ts'
import { ping } from '../support/links.ts'
import { compare, measureRate, type Plan, printLine, type Rate } from './measure.ts'

const size = 64 * 1024 * 1024

/**
 * A file from one hub's store to another's over a link, beside the same bytes read from a file, sent over bare TLS and
 * written to another file, both flushed; and how long a question over the same link takes meanwhile.
 */
export async function benchFiles(
  stack: AsyncDisposableStack,
  folder: string,
  { duration, rounds }: Plan,
): Promise<void> {
  const plan = { duration, rounds: Math.min(rounds, 3) }
  const alice = stack.use(await filesHome())
  const bob = stack.use(await filesHome())
  stack.use(await linkFiles(alice, bob))
  const bytes = randomBytes(size)
  const file = await alice.add('film', bytes)
  await bob.name(file)
  const fetch = async () => {
    await bob.store.remove(fileHash(file.hash))
    await bob.fetch(file)
  }
  const source = join(folder, 'source')
  await writeFile(source, bytes)
  const copy = await startCopy(stack, source, join(folder, 'copy'))
  await compare('files, MB a second', plan, rateOf(fetch), rateOf(copy))
  await printBeside(bob, fetch, plan)
}

/** MB a second of something that moves the file, at least once, and as often as begins within the time. */
function rateOf(move: () => Promise<void>): (duration: number) => Promise<Rate> {
  return async duration => {
    const times: number[] = []
    const begun = performance.now()
    let now = begun
    do {
      await move()
      times.push(performance.now() - now)
      now = performance.now()
    } while (now - begun < duration)
    times.sort((a, b) => a - b)
    const perSecond = (times.length * size) / 1e3 / (now - begun)
    return { perSecond, p50: times[Math.floor(times.length / 2)] ?? 0, p99: times.at(-1) ?? 0 }
  }
}

/** Copies a file through a TLS connection of its own each time. */
async function startCopy(stack: AsyncDisposableStack, from: string, to: string): Promise<() => Promise<void>> {
  const identity = await createIdentity()
  const server = tls.createServer(linkTls(identity), socket => {
    pipeline(createReadStream(from, { highWaterMark: limits.fileChunk }), socket).catch(() => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  stack.defer(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const at = { host: '127.0.0.1', port: address.port, rejectUnauthorized: false }
  const secureContext = tls.createSecureContext(linkTls(identity))
  return async () => {
    await rm(to, { force: true })
    const socket = tls.connect({ ...at, secureContext })
    await pipeline(socket, createWriteStream(to, { flush: true, highWaterMark: limits.fileChunk }))
  }
}

/** How long it takes on the same link to be answered, alone and beside a file. */
async function printBeside(bob: FilesHome, fetch: () => Promise<void>, { duration }: Plan): Promise<void> {
  const [holder] = bob.holders
  if (!holder) throw new Error('there is no link')
  const ask = async () => void (await holder.link.request(ping))
  const alone = await measureRate(1, duration, ask)
  let isOver = false
  const moving = (async () => {
    while (!isOver) await fetch()
  })()
  const beside = await measureRate(1, 2 * duration, ask)
  isOver = true
  await moving
  const words = ({ p50, p99 }: Rate) => `p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)} ms`
  printLine('a question beside a file, and alone', words(beside), words(alone), (beside.p99 / alone.p99).toFixed(1))
}
