import { existsSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { fileNamed, fileWithin } from '../locations.ts'
import type { FileInfo, FileProgress, MessageInfo } from '../protocol/control.ts'
import { safeFileName } from '../protocol/files.ts'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { givenFile } from './given-file.ts'
import { harmlessLine } from './harmless.ts'
import { columns, showSize } from './layout.ts'
import { importedMark } from './messages.ts'
import { readCount, readDuration, showTime } from './moments.ts'
import { percentOf } from './percent.ts'
import { Progress } from './progress.ts'
import { shellWord } from './shell-word.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface ListOptions extends CommonOptions {
  readonly limit: string
}

interface GetOptions extends CommonOptions {
  readonly to?: string
  readonly deadline: string
}

/** Adds `parley file` with what one does with the files of a chat. */
export function addFile(program: Command, terminal: Terminal): void {
  const file = addCommand(program, 'file', 'files of a chat: which there are, getting one, or not any more', [
    'parley file list bob',
    'parley file get bob plan.pdf',
    'parley send bob --file plan.pdf    sends one',
  ]).action((_: CommonOptions, command: Command) => command.help({ error: true }))
  addCommand(file, 'list <who>', 'the files of a chat, the newest last', ['parley file list bob --limit 10'])
    .option('--limit <n>', 'how many files', '50')
    .action((who: string, _: ListOptions, command: Command) => list(terminal, who, command.optsWithGlobals()))
  addCommand(file, 'get <who> <file>', 'fetch a file by its name, or the beginning of its id, to where you are', [
    'parley file get bob plan.pdf',
    'parley file get bob k3vq7a --to ~/Downloads',
  ])
    .option('--to <path>', 'where to put it: a folder, or a name that is free')
    .option('--deadline <time>', 'how long to wait while nobody who has it is online', `${limits.deliveryWait / 1000}s`)
    .action((who: string, wanted: string, _: GetOptions, command: Command) => {
      return get(terminal, { who, wanted }, command.optsWithGlobals())
    })
  addCommand(file, 'cancel <who> <file>', 'fetch a file no more; what has come of it goes', [
    'parley file cancel bob film.mp4',
  ]).action((who: string, wanted: string, _: CommonOptions, command: Command) => {
    return cancel(terminal, { who, wanted }, command.optsWithGlobals())
  })
}

/** Takes files of this machine in, to be sent with a message. Gives their hashes. */
export async function addFiles(terminal: Terminal, client: Client, paths: readonly string[]): Promise<string[]> {
  const hashes: string[] = []
  const progress = new Progress(terminal)
  try {
    for (const path of paths.map(givenFile)) {
      progress.show(`${harmlessLine(path)} is copied …`)
      const { hash } = await client.request('addFile', { path }, { timeout: limits.fileCopy })
      hashes.push(hash)
    }
  } finally {
    progress.end()
  }
  return hashes
}

async function list(terminal: Terminal, who: string, options: ListOptions): Promise<void> {
  const limit = readCount(options.limit, '--limit', limits.controlPage)
  const read = await withHub(terminal, options, client => filesWith(client, who, { limit }))
  const found = read.slice(-limit)
  if (options.json) return printJson(terminal, { files: found.map(({ file, message }) => ({ ...file, message })) })
  const rows = found.map(({ file, message }) => [
    paint(terminal, 'dim', showTime(message.written)),
    harmlessLine(message.name),
    harmlessLine(file.name),
    showSize(file.size),
    paint(terminal, 'dim', file.hash.slice(0, shownHash)),
    [whereIs(terminal, file), message.imported ? paint(terminal, 'dim', importedMark) : ''].filter(Boolean).join(' '),
  ])
  for (const line of columns(rows)) print(terminal, line)
  if (found.length === 0) print(terminal, `No files with ${harmlessLine(who)} yet.`)
}

async function get(
  terminal: Terminal,
  { who, wanted }: { readonly who: string; readonly wanted: string },
  options: GetOptions,
): Promise<void> {
  const deadline = readDuration(options.deadline, '--deadline')
  const to = options.to === undefined ? undefined : fileNamed(options.to)
  await withHub(terminal, options, async client => {
    const { conversation, file } = await choose(client, who, wanted, options)
    const place = placeOf(to, file)
    if (existsSync(place)) throw new ParleyError('usage', `${place} exists already. Choose another place with --to.`)
    await fetchFile(terminal, client, { conversation, file, deadline })
    await client.request('saveFile', { conversation, hash: file.hash, path: place }, { timeout: limits.fileCopy })
    if (options.json) printJson(terminal, { ...file, path: place })
    else print(terminal, harmlessLine(place))
  })
}

async function cancel(
  terminal: Terminal,
  { who, wanted }: { readonly who: string; readonly wanted: string },
  options: CommonOptions,
): Promise<void> {
  await withHub(terminal, options, async client => {
    const { conversation, file } = await choose(client, who, wanted, options)
    const isHere = file.path !== undefined
    if (!isHere) await client.request('cancelFile', { conversation, hash: file.hash })
    const wasComing = file.coming !== undefined
    if (options.json) printJson(terminal, { hash: file.hash, cancelled: wasComing })
    else if (wasComing) print(terminal, `${harmlessLine(file.name)} is not fetched any more.`)
    else print(terminal, `${harmlessLine(file.name)} ${isHere ? 'is here already' : 'was not being fetched'}.`)
  })
}

function whereIs(terminal: Terminal, { path, coming, size }: FileInfo): string {
  if (path !== undefined) return paint(terminal, 'green', 'here')
  return coming === undefined ? '' : paint(terminal, 'dim', `${percentOf(coming, size)} % has come`)
}

/** Into the folder that was named, or that one is in; else to that very place. */
function placeOf(to: string | undefined, { name }: FileInfo): string {
  const safe = safeFileName(name)
  if (to === undefined) return fileNamed(safe)
  return statSync(to, { throwIfNoEntry: false })?.isDirectory() ? fileWithin(to, safe) : to
}

async function fetchFile(
  terminal: Terminal,
  client: Client,
  {
    conversation,
    file,
    deadline,
  }: { readonly conversation: string; readonly file: FileInfo; readonly deadline: number },
): Promise<void> {
  const progress = new Progress(terminal)
  const late = Promise.withResolvers<never>()
  late.promise.catch(() => {})
  let timer: NodeJS.Timeout | undefined
  const stop = client.on('file', news => {
    if (news.hash !== file.hash) return
    progress.show(progressLine(file, news))
    if (news.waiting === undefined) {
      clearTimeout(timer)
      timer = undefined
      return
    }
    const words = `${news.waiting} It comes by itself later; then get it again.`
    timer ??= setTimeout(() => late.reject(new ParleyError('timeout', words)), deadline)
  })
  try {
    const fetched = client.request('fetchFile', { conversation, hash: file.hash }, { timeout: limits.longestWait })
    await Promise.race([fetched, late.promise])
  } finally {
    stop()
    clearTimeout(timer)
    progress.end()
  }
}

function progressLine({ name }: FileInfo, { done, size, waiting }: FileProgress): string {
  const far = `${harmlessLine(name)}  ${showSize(done)} of ${showSize(size)}  ${percentOf(done, size)} %`
  return waiting === undefined ? far : `${far}  ${harmlessLine(waiting)}`
}

interface Found {
  readonly conversation: string
  readonly file: FileInfo
  readonly message: Pick<MessageInfo, 'message' | 'user' | 'name' | 'written' | 'imported'>
}

/** The newest file of that name, or the only one whose id begins so. */
async function choose(client: Client, who: string, wanted: string, options: CommonOptions): Promise<Found> {
  const isWanted = ({ name, hash }: FileInfo) =>
    name.toLowerCase() === wanted.toLowerCase() || (wanted.length >= leastHash && hash.startsWith(wanted.toLowerCase()))
  const found = await filesWith(client, who, { limit: 1, isWanted })
  const newest = found.at(-1)
  const hint = `\`parley file list ${shellWord(harmlessLine(who))}${homeHint(options)}\` lists them.`
  if (!newest) throw new ParleyError('no-file', `No file with ${who} is called ${JSON.stringify(wanted)}. ${hint}`)
  const isNamed = newest.file.name.toLowerCase() === wanted.toLowerCase()
  const isClear = isNamed || found.every(({ file }) => file.hash === newest.file.hash)
  if (isClear) return newest
  throw new ParleyError('usage', `The ids of several files begin with ${wanted}. Give more of it: ${hint}`)
}

/** The last files of a chat, the newest last: pages are read until there are so many of them, or none are left. */
async function filesWith(
  client: Client,
  who: string,
  { limit, isWanted = () => true }: { readonly limit: number; readonly isWanted?: (file: FileInfo) => boolean },
): Promise<Found[]> {
  const found: Found[] = []
  for (let before: string | undefined; found.length < limit; ) {
    const range = { limit: limits.historyPage, ...(before !== undefined && { before }) }
    const { conversation, messages, more } = await client.request('history', { with: who, ...range })
    const page = messages.flatMap(({ message, user, name, written, imported, files = [] }) => {
      const of = { message, user, name, written, ...(imported && { imported }) }
      return files.filter(isWanted).map(file => ({ conversation, file, message: of }))
    })
    found.unshift(...page)
    before = messages[0]?.position
    if (!more || before === undefined) break
  }
  return found
}

/** Characters of a file's id that lists show, and the fewest that name one. */
const shownHash = 8
const leastHash = 4
