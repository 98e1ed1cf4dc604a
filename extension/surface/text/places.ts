import type { Place } from '../../src/chat/messages.ts'
import { limits } from '../limits.ts'

/** A place in a file that a text names, and where in the text. */
export interface FoundPlace {
  readonly place: Place
  readonly text: string
  readonly index: number
}

/** The places that a text names: `src/a.ts:42`, `src/a.ts:42:7`, `src\a.ts:10-20`, `src/a.ts#L10-L20`, `src/a.ts(10,5)`. */
export function findPlaces(text: string): FoundPlace[] {
  return [...text.matchAll(named)].flatMap(match => {
    const { path = '', line, column, endLine } = match.groups ?? {}
    const place = placeOf(path, line, column, endLine)
    return place ? [{ place, text: match[0], index: match.index }] : []
  })
}

/** The place that is all of a text. */
export function readPlace(text: string): Place | undefined {
  const [found] = findPlaces(text)
  return found?.text === text ? found.place : undefined
}

/** The place in the first line of a fenced block: a path, which may have spaces, with or without lines. */
export function readFencePlace(text: string): Place | undefined {
  const { path = '', line, endLine } = fenced.exec(text)?.groups ?? {}
  return placeOf(path, line ?? '1', undefined, endLine)
}

function placeOf(written: string, line?: string, column?: string, endLine?: string): Place | undefined {
  if (written.length > limits.path) return undefined
  const path = written.replaceAll('\\', '/')
  const name = path.slice(path.lastIndexOf('/') + 1)
  const first = Number(line)
  if (first < 1 || !isFile(name, path !== name) || leavesFolder.test(path) || misleading.test(path)) return undefined
  const last = endLine ? Number(endLine) : 0
  return {
    path,
    line: first,
    ...(column && Number(column) > 0 && { column: Number(column) }),
    ...(last > first && { endLine: last }),
  }
}

/** Whether it is the name of a file rather than of a host with its port. */
function isFile(name: string, isInFolder: boolean): boolean {
  if (extensionless.test(name)) return true
  const extension = /[^.]\.([a-z][a-z0-9_+-]{0,11})$|^\.([a-z][\w.-]{1,30})$/i.exec(name)
  return extension !== null && (isInFolder || !topLevelDomain.test(name))
}

// A path begins where a word does, and has no spaces. The letters of all scripts are at home in file names.
const start = String.raw`(?<![\p{L}\p{N}_./\\:@~+$-])`
const segment = String.raw`[\p{L}\p{N}_.@~+$-]+`
const path = String.raw`(?<path>(?:[a-zA-Z]:[\\/]|[\\/])?${segment}(?:[\\/]${segment})*)`
const colon = String.raw`:(?<line>\d{1,7})(?::(?<column>\d{1,6})|-(?<endLine>\d{1,7}))?`
const hash = String.raw`#L(?<line>\d{1,7})(?:-L?(?<endLine>\d{1,7}))?`
const bracket = String.raw`\((?<line>\d{1,7})(?:,(?<column>\d{1,6}))?\)`
const named = new RegExp(`${start}${path}(?:${colon}|${hash}|${bracket})(?![\\p{L}\\p{N}_])`, 'gu')
const fenced =
  /^(?<path>(?:[a-z]:(?=[\\/]))?[^:*?"<>|={}\p{Cc}]*[^:*?"<>|={}\p{Cc}\s])(?::(?<line>\d{1,7})(?:-(?<endLine>\d{1,7}))?)?$/iu

// What turns a name around, or cannot be seen in it.
const misleading = /[\p{Cc}\p{Cf}]/u
const leavesFolder = /(?:^|\/)\.\.(?:\/|$)|^\/\//
const extensionless =
  /^(?:Makefile|Dockerfile|Containerfile|Gemfile|Rakefile|Procfile|Jenkinsfile|LICENSE|README|BUILD|CODEOWNERS)$/
const topLevelDomain =
  /\.(?:com|org|net|edu|gov|io|dev|app|ai|local|localhost|internal|lan|test|example|info|biz|me|eu|de|uk|fr)$/i
