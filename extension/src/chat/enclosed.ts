import type { FileInfo } from '@parley/daemon/protocol/control'
import { limits } from '../limits.ts'
import type { Enclosed, Quote } from './messages.ts'

/** What goes with a message, as far as it is as it should be; `undefined`: some of it is not. */
export function readEnclosed({ replyTo, mentions, files }: Readonly<Record<string, unknown>>): Enclosed | undefined {
  const quote = replyTo === undefined ? undefined : readQuote(replyTo)
  if (replyTo !== undefined && !quote) return undefined
  if (!isOptional(mentions, isNames)) return undefined
  const read = files === undefined ? [] : readFiles(files)
  if (!read) return undefined
  return {
    ...(quote && { replyTo: quote }),
    ...(mentions === undefined || mentions.length === 0 ? {} : { mentions }),
    ...(read.length > 0 && { files: read }),
  }
}

function readQuote(given: unknown): Quote | undefined {
  if (!isRecord(given)) return undefined
  const { user, message, name, text, position } = given
  if (!isShort(user) || !isShort(message) || !isText(name, limits.shortText)) return undefined
  if (!isOptional(text, isQuoted) || !isOptional(position, isShort)) return undefined
  return {
    user,
    message,
    name,
    ...(text === undefined ? {} : { text }),
    ...(position === undefined ? {} : { position }),
  }
}

function readFiles(given: unknown): readonly FileInfo[] | undefined {
  if (!Array.isArray(given) || given.length > limits.filesOfMessage) return undefined
  const read = given.map(readFile)
  return read.every(file => file !== undefined) ? read : undefined
}

function readFile(given: unknown): FileInfo | undefined {
  if (!isRecord(given)) return undefined
  const { hash, name, size, type, width, height } = given
  if (!isShort(hash) || !isText(name, limits.shortText) || !isText(type, limits.shortText)) return undefined
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined
  if (!isOptional(width, isSide) || !isOptional(height, isSide)) return undefined
  const sides = width === undefined || height === undefined ? {} : { width, height }
  return { hash, name, size, type, ...sides }
}

export function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= limits.mentions && value.every(isShort)
}

export function isYesOrNo(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isQuoted(value: unknown): value is string {
  return isText(value, limits.shortText)
}

function isSide(value: unknown): value is number {
  return isWhole(value, limits.side)
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isOptional<T>(value: unknown, is: (value: unknown) => value is T): value is T | undefined {
  return value === undefined || is(value)
}

export function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length <= longest
}

export function isShort(value: unknown): value is string {
  return isText(value, limits.shortText) && value !== ''
}

export function isLong(value: unknown): value is string {
  return isText(value, limits.longText)
}

export function isWhole(value: unknown, highest: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= highest
}
