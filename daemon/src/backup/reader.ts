import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type BackupRecord, decodeRecord, magic, trailerSize } from './format.ts'

/**
 * The records of a backup in order, the header first and the end last. That the file is whole is known only when all of it
 * has been read: read it once for nothing before anything is done by it.
 *
 * @throws ParleyError `usage` when there is no such file or it is no backup, `newer-data`, `damaged-data` with what is wrong
 */
export async function* readBackup(file: string): AsyncGenerator<BackupRecord> {
  const handle = await openFile(file)
  try {
    const { size } = await handle.stat()
    await checkMagic(handle, file)
    if (size < magic.length + trailerSize) throw damaged(file, 'it is cut short')
    yield* records(handle, file, size - trailerSize)
  } finally {
    await handle.close()
  }
}

async function* records(handle: FileHandle, file: string, end: number): AsyncGenerator<BackupRecord> {
  const hash = createHash('sha256')
  let held: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  let skip = magic.length
  let last: BackupRecord | undefined
  let count = 0
  const stream = handle.createReadStream({
    start: 0,
    end: end - 1,
    autoClose: false,
    highWaterMark: limits.backupChunk,
  })
  for await (const chunk of stream) {
    hash.update(chunk)
    held = Buffer.concat([held, chunk])
    let at = Math.min(skip, held.length)
    skip -= at
    while (held.length - at >= 4) {
      const length = held.readUInt32BE(at)
      if (length === 0 || length > limits.backupRecord) throw damaged(file, 'a record has an impossible length')
      if (held.length - at - 4 < length) break
      const record = recordOf(held.subarray(at + 4, at + 4 + length), file)
      at += 4 + length
      if ((last === undefined) !== (record.is === 'header')) throw damaged(file, 'its header is not at its beginning')
      if (last?.is === 'end') throw damaged(file, 'something follows its end')
      last = record
      if (record.is === 'put' || record.is === 'remove') count++
      yield record
    }
    held = held.subarray(at)
  }
  const trailer = Buffer.alloc(trailerSize)
  await handle.read(trailer, 0, trailerSize, end)
  if (last?.is !== 'end' || held.length > 0 || last.end.records !== count) throw damaged(file, 'it is cut short')
  if (!hash.digest().equals(trailer)) throw damaged(file, 'it is not what was written')
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ParleyError('usage', `The backup ${file} cannot be read: ${reason}.`, { cause })
  }
}

const anyMagic = /^parley backup (\d+)\n/

async function checkMagic(handle: FileHandle, file: string): Promise<void> {
  const first = Buffer.alloc(magic.length)
  await handle.read(first, 0, first.length, 0).catch(cause => {
    throw new ParleyError('usage', `${file} is no backup of Parley.`, { cause })
  })
  if (first.equals(magic)) return
  if (anyMagic.test(first.toString('latin1'))) {
    throw new ParleyError('newer-data', `The backup ${file} was written by a newer Parley. Update this one.`)
  }
  throw new ParleyError('usage', `${file} is no backup of Parley.`)
}

function recordOf(body: Buffer, file: string): BackupRecord {
  try {
    return decodeRecord(body)
  } catch (cause) {
    throw damaged(file, 'a record cannot be read', cause)
  }
}

function damaged(file: string, why: string, cause?: unknown): ParleyError {
  return new ParleyError('damaged-data', `The backup ${file} is damaged: ${why}. Use another copy of it.`, { cause })
}
