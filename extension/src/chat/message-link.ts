import { limits } from '../limits.ts'

/** Which message a link leads to. */
export interface LinkedMessage {
  readonly conversation: string
  readonly position: string
}

/** The link of an editor that opens the chat at a message. It says where it is, not what it says. */
export function messageLink(scheme: string, { conversation, position }: LinkedMessage): string {
  const query = new URLSearchParams({ conversation, position })
  return `${scheme}://parley.parley-chat/message?${query}`
}

/** Whether an editor's link is meant to lead to a message. */
export function isMessageLink({ path }: { path: string }): boolean {
  return /^\/message\/?$/.test(path)
}

/** What such a link leads to, from its parts as VS Code hands them over; `undefined`: it is none, or cut. */
export function readMessageLink({ path, query }: { path: string; query: string }): LinkedMessage | undefined {
  if (!isMessageLink({ path })) return undefined
  const parts = new URLSearchParams(query)
  return readLinked({ conversation: parts.get('conversation'), position: parts.get('position') })
}

/** The same of what a command was called with; anything may call one, with anything. */
export function readLinked(given: unknown): LinkedMessage | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const { conversation, position } = given as Partial<Record<keyof LinkedMessage, unknown>>
  if (typeof conversation !== 'string' || typeof position !== 'string') return undefined
  // As the hub writes ids and positions, and no longer.
  if (!/^[a-z2-7]{16,64}$/.test(conversation) || !/^[a-z0-9/]+$/.test(position)) return undefined
  return position.length <= limits.shortText ? { conversation, position } : undefined
}
