import type { MessageInfo, MessageState } from '@parley/daemon/protocol/control'
import type { Page } from '../../src/chat/messages.ts'
import { limits } from '../limits.ts'

/** The messages that the surface holds: those around what is in sight, by position, without a gap. */
export interface Held {
  readonly messages: readonly MessageInfo[]
  /** Whether the conversation has older ones than these, and newer ones. */
  readonly moreBefore: boolean
  readonly moreAfter: boolean
}

/** What a message is known by: its position changes when a queued message gets its place. */
export function keyOf({ user, message }: Pick<MessageInfo, 'user' | 'message'>): string {
  return `${user}/${message}`
}

export const nothingHeld: Held = { messages: [], moreBefore: false, moreAfter: false }

/** A page that was asked for with `before` the first message held. */
export function withOlder(held: Held, page: Page): Held {
  return { ...held, messages: merge(held.messages, page.messages), moreBefore: page.more }
}

/** A page that was asked for with `after` the last message held. */
export function withNewer(held: Held, page: Page): Held {
  return { ...held, messages: merge(held.messages, page.messages), moreAfter: page.more }
}

/** New and changed messages, as far as they are of the stretch that is held: others come with their page. */
export function withTold(held: Held, told: readonly MessageInfo[]): Held {
  const first = held.messages.at(0)
  const last = held.messages.at(-1)
  const isHere = ({ position, gone }: MessageInfo) =>
    !gone &&
    (!held.moreBefore || (first !== undefined && position >= first.position)) &&
    (!held.moreAfter || (last !== undefined && position <= last.position))
  const here = told.filter(isHere)
  // A message that is told at a place outside must not stay at its old one.
  const gone = new Set(told.filter(message => !isHere(message)).map(keyOf))
  const kept = gone.size === 0 ? held.messages : held.messages.filter(message => !gone.has(keyOf(message)))
  if (here.length === 0 && kept.length === held.messages.length) return held
  return { ...held, messages: merge(kept, here) }
}

/** Drops what is farthest from the message at `around` (absent: the latest), once more is held than is wanted. */
export function trimmed(held: Held, around: string | undefined): Held {
  const { messages } = held
  const isHeavy = () => messages.reduce((sum, { text }) => sum + text.length, 0) > limits.heldCharacters
  if (messages.length <= limits.held && !isHeavy()) return held
  const found = around === undefined ? -1 : messages.findIndex(({ position }) => position >= around)
  const [from, to] = stretch(messages, found < 0 ? messages.length - 1 : found)
  return {
    messages: messages.slice(from, to),
    moreBefore: held.moreBefore || from > 0,
    moreAfter: held.moreAfter || to < messages.length,
  }
}

/** The largest stretch around `centre` that may be kept, grown to both sides alike; the centre itself always is. */
function stretch(messages: readonly MessageInfo[], centre: number): [from: number, to: number] {
  const size = (index: number) => messages[index]?.text.length ?? 0
  let [from, to] = [centre, centre + 1]
  let characters = size(centre)
  while (to - from < limits.heldAfterTrim && (from > 0 || to < messages.length)) {
    const isAbove = from > 0 && (to === messages.length || centre - from <= to - 1 - centre)
    const next = isAbove ? from - 1 : to
    characters += size(next)
    if (characters > limits.heldCharacters) break
    if (isAbove) from = next
    else to = next + 1
  }
  return [from, to]
}

/** Both by position, each message once. */
function merge(known: readonly MessageInfo[], told: readonly MessageInfo[]): readonly MessageInfo[] {
  const byKey = new Map(known.map(message => [keyOf(message), message]))
  for (const message of told) {
    const before = byKey.get(keyOf(message))
    if (before === undefined || progress(message) >= progress(before)) byKey.set(keyOf(message), message)
  }
  return [...byKey.values()].sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0))
}

/** Messages only move on: a page read before, but come after, what was told takes nothing back. */
function progress({ position, state }: MessageInfo): number {
  if (isQueued(position)) return 0
  return state === undefined ? 1 : 1 + states.indexOf(state)
}

const states: readonly MessageState[] = ['queued', 'sent', 'delivered', 'read']

/** Whether it is the place of a message that waits in the outbox: such places are behind all others. */
export function isQueued(position: string): boolean {
  return position.startsWith('outbox/')
}
