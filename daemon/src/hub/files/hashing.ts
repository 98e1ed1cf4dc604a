import { type FileHandle, open } from 'node:fs/promises'
import { limits } from '../../limits.ts'
import { hashOfChunk } from '../../protocol/files.ts'

/** The chunks of an open file, in order, each whole but the last. What it gives is overwritten by the next. */
export async function* chunksIn(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(limits.fileChunk)
  for (let position = 0; ; ) {
    const length = await fill(handle, buffer, position)
    if (length > 0) yield buffer.subarray(0, length)
    if (length < buffer.length) return
    position += length
  }
}

/** The hashes of the chunks of a file, as one piece of bytes. */
export async function hashChunks(path: string): Promise<Uint8Array> {
  const hashes: Uint8Array[] = []
  const handle = await open(path)
  try {
    for await (const chunk of chunksIn(handle)) hashes.push(hashOfChunk(chunk))
    return Buffer.concat(hashes)
  } finally {
    await handle.close()
  }
}

/** A read may give less than there is. */
async function fill(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}
