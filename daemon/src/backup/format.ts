import { ParleyError } from '../errors.ts'

/** The first bytes of a backup, with the version of its layout. docs/reference/backup.md has all of it. */
export const magic = Buffer.from('parley backup 1\n', 'latin1')

/** Bytes of the SHA-256 of everything before it, with which a backup ends. */
export const trailerSize = 32

/** What a backup says of itself at its beginning. */
export interface BackupHeader {
  /** The format of the rows: what `format` in storage says. */
  readonly format: number
  /** When it was begun, in ms since 1970. */
  readonly began: number
  /** The version of the program. */
  readonly program: string
  /** The id of the registry and the name of its team, where they are known. */
  readonly registry?: string
  readonly team?: string
}

/** What a backup says of itself at its end. */
export interface BackupEnd {
  /** The moment that it holds, in ms since 1970. */
  readonly ended: number
  /** How many records are before it, the first one not counted. */
  readonly records: number
}

/** One part of a backup: read in order, each put and removal overrides what was before. */
export type BackupRecord =
  | { readonly is: 'header'; readonly header: BackupHeader }
  | { readonly is: 'put'; readonly key: string; readonly value: Uint8Array; readonly expires?: number }
  | { readonly is: 'remove'; readonly key: string }
  | { readonly is: 'end'; readonly end: BackupEnd }

/** The first byte of a record's body. */
const tags = { header: 1, put: 2, putExpiring: 3, remove: 4, end: 5 } as const

/** A record with its length before it, as the file has it. Big-endian throughout. */
export function encodeRecord(record: BackupRecord): Buffer {
  const body = bodyOf(record)
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(body.length)
  return Buffer.concat([bytes, body])
}

function bodyOf(record: BackupRecord): Buffer {
  switch (record.is) {
    case 'header':
      return Buffer.concat([Buffer.of(tags.header), Buffer.from(JSON.stringify(record.header))])
    case 'end':
      return Buffer.concat([Buffer.of(tags.end), Buffer.from(JSON.stringify(record.end))])
    case 'remove':
      return Buffer.concat([Buffer.of(tags.remove), Buffer.from(record.key, 'latin1')])
    case 'put':
      return putOf(record)
  }
}

/** Tag, time in ms (8 bytes, only of a row that expires), length of the key (2 bytes), key, value. */
function putOf({ key, value, expires }: Extract<BackupRecord, { is: 'put' }>): Buffer {
  const head = Buffer.alloc(expires === undefined ? 3 : 11)
  head.writeUInt8(expires === undefined ? tags.put : tags.putExpiring)
  if (expires !== undefined) head.writeBigUInt64BE(BigInt(expires), 1)
  head.writeUInt16BE(key.length, head.length - 2)
  return Buffer.concat([head, Buffer.from(key, 'latin1'), value])
}

/** The record in `body`. @throws ParleyError `damaged-data`, without the name of the file */
export function decodeRecord(body: Buffer): BackupRecord {
  try {
    return read(body)
  } catch (cause) {
    throw new ParleyError('damaged-data', 'It holds a record that cannot be read.', { cause })
  }
}

function read(body: Buffer): BackupRecord {
  switch (body.readUInt8(0)) {
    case tags.header:
      return { is: 'header', header: readHeader(body.subarray(1)) }
    case tags.end:
      return { is: 'end', end: readEnd(body.subarray(1)) }
    case tags.remove:
      return { is: 'remove', key: body.toString('latin1', 1) }
    case tags.put:
      return { is: 'put', ...row(body, 1) }
    case tags.putExpiring: {
      const expires = Number(body.readBigUInt64BE(1))
      if (!Number.isSafeInteger(expires)) throw new RangeError('a time is out of bounds')
      return { is: 'put', ...row(body, 9), expires }
    }
    default:
      throw new RangeError('an unknown kind of record')
  }
}

function row(body: Buffer, at: number): { key: string; value: Uint8Array } {
  const end = at + 2 + body.readUInt16BE(at)
  if (end > body.length) throw new RangeError('a key is cut')
  return { key: body.toString('latin1', at + 2, end), value: body.subarray(end) }
}

function readHeader(bytes: Buffer): BackupHeader {
  const { format, began, program, registry, team } = objectOf(bytes)
  if (!isCount(format) || !isCount(began) || typeof program !== 'string') throw new RangeError('a header is wrong')
  return {
    format,
    began,
    program,
    ...(typeof registry === 'string' && { registry }),
    ...(typeof team === 'string' && { team }),
  }
}

function readEnd(bytes: Buffer): BackupEnd {
  const { ended, records } = objectOf(bytes)
  if (!isCount(ended) || !isCount(records)) throw new RangeError('an end is wrong')
  return { ended, records }
}

function objectOf(bytes: Buffer): Record<string, unknown> {
  const value: unknown = JSON.parse(bytes.toString('utf8'))
  if (typeof value === 'object' && value !== null) return { ...value }
  throw new RangeError('no object')
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
