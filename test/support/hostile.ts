import { once } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import fc from 'fast-check'

/** What a stranger sends: pieces of bytes, each in a write of its own. */
export type Pieces = readonly Uint8Array[]

const random = fc.uint8Array({ minLength: 1, maxLength: 600 })

/** Random bytes behind each of `firsts`. */
export function randomBehind(firsts: readonly number[]): fc.Arbitrary<Pieces> {
  return fc
    .tuple(fc.constantFrom(...firsts), fc.array(random, { minLength: 1, maxLength: 4 }))
    .map(([first, [head = new Uint8Array(), ...rest]]) => [Uint8Array.from([first, ...head]), ...rest])
}

/** One or more of `valid` in a row, whole or with bytes changed, cut, doubled, left out or put in, in any pieces. */
export function mauled(valid: readonly Uint8Array[]): fc.Arbitrary<Pieces> {
  const place = fc.double({ min: 0, max: 0.999, noNaN: true })
  const change = fc.record({
    at: place,
    byte: fc.nat(255),
    how: fc.constantFrom('set', 'cut', 'double', 'drop', 'put'),
  })
  const message = fc
    .tuple(fc.constantFrom(...valid), fc.array(change, { maxLength: 3 }))
    .map(([bytes, changes]) => changes.reduce(changed, bytes))
  return fc
    .tuple(fc.array(message, { minLength: 1, maxLength: 5 }), fc.array(place, { maxLength: 4 }))
    .map(([messages, cuts]) => inPieces(Buffer.concat(messages), cuts))
}

function changed(bytes: Uint8Array, { at, byte, how }: { at: number; byte: number; how: string }): Uint8Array {
  const index = Math.floor(at * bytes.length)
  const [before, after] = [bytes.subarray(0, index), bytes.subarray(index)]
  if (how === 'cut') return before
  if (how === 'double') return Buffer.concat([before, after, after])
  if (how === 'drop') return Buffer.concat([before, after.subarray(1)])
  if (how === 'put') return Buffer.concat([before, Uint8Array.of(byte), after])
  return Buffer.concat([before, Uint8Array.of(byte), after.subarray(1)])
}

function inPieces(bytes: Uint8Array, cuts: readonly number[]): Pieces {
  const places = [0, ...cuts.map(cut => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

/** Sends `pieces` and then ends. Resolves when the other side has closed too; rejects when it does not within `deadline` ms. */
export async function throwBytes(stream: Duplex, pieces: Pieces, deadline = 15_000): Promise<void> {
  const closed = new Promise<void>(resolve => stream.once('close', () => resolve()))
  stream.on('error', () => {})
  stream.resume()
  for (const piece of pieces) {
    if (piece.length > 0 && stream.writable) stream.write(piece)
    await new Promise(resolve => setImmediate(resolve))
  }
  stream.end()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('a connection was not closed')), deadline)
  try {
    await Promise.race([closed, late.promise])
  } finally {
    clearTimeout(timer)
    stream.destroy()
  }
}

/** The first flight of a TLS client as Node writes it. */
export async function clientHello(alpn: string): Promise<Uint8Array> {
  const server = net.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const client = tls.connect({ host: '127.0.0.1', port: address.port, ALPNProtocols: [alpn] })
  client.on('error', () => {})
  const [socket]: net.Socket[] = await once(server, 'connection')
  const [bytes]: Buffer[] = await once(socket ?? server, 'data')
  client.destroy()
  socket?.destroy()
  server.close()
  return bytes ?? new Uint8Array()
}
