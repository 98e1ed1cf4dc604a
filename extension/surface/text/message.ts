import { limits } from '../limits.ts'
import type { Block, Fence } from './content.ts'
import { readMarkdown } from './markdown.ts'
import { cut, findCut } from './slices.ts'

/** The text of a message as all of its readers see it: with one kind of line break. */
export function normalised(text: string): string {
  return text.replace(/\r\n?/g, '\n')
}

/** Whether only the beginning of a message is shown until somebody asks for all of it. */
export function isLong(text: string): boolean {
  return text.length > limits.foldAbove.characters || findCut(text, limits.foldAbove) !== undefined
}

/** A message that is not long. */
export function readShort(text: string): readonly Block[] {
  return readMarkdown(text, limits.elements).blocks
}

/** The beginning of a long message. Code that is cut off is whole for the clipboard. */
export function readBeginning(text: string): readonly Block[] {
  const end = findCut(text, limits.foldTo)
  if (!end) return readShort(text)
  const { blocks } = readMarkdown(text.slice(0, end.at), limits.elements)
  const last = blocks.at(-1)
  const whole = end.fence === undefined ? undefined : wholeFence(text.slice(end.fence.start, end.fence.end))
  return whole && last?.is === 'fence' ? [...blocks.slice(0, -1), { ...last, whole: whole.code }] : blocks
}

function wholeFence(source: string): Fence | undefined {
  const [first] = readMarkdown(source, limits.elements).blocks
  return first?.is === 'fence' ? first : undefined
}

/** All of a message, in slices that each take a few ms: whoever shows it lets the page live between them. */
export function* readWhole(text: string): Generator<readonly Block[], undefined> {
  let left: number = limits.elements
  for (const slice of cut(text)) {
    const { blocks, elements } = readMarkdown(slice, left)
    left -= elements
    yield blocks
  }
}
