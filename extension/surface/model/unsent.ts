import type { SurfaceState, UnsentMessage } from '../../src/chat/messages.ts'

/** A message of this surface that the hub has not taken yet. */
export interface Unsent extends UnsentMessage {
  readonly standing:
    | { readonly is: 'sending' }
    /** It is sent when the background service is back, or when the person has signed in. */
    | { readonly is: 'waiting'; readonly until: 'hubIsUp' | 'signedIn' }
    | { readonly is: 'failed'; readonly why: string }
}

export type Waiting = NonNullable<SurfaceState['unsent']>[number]

/** What is kept over a reload of what `conversation` has. */
export function toKeep(unsent: readonly Unsent[], conversation: string): readonly Waiting[] {
  return unsent.map(({ standing, ...kept }) => {
    const refused = standing.is === 'failed' ? { refused: standing.why } : {}
    return { ...kept, conversation, ...refused }
  })
}

/** What was kept, from the editor's own state: whatever is there that is none is left out. */
export function readKept(kept: unknown): readonly Waiting[] {
  return Array.isArray(kept) ? kept.filter(isWaiting) : []
}

/** What was kept is sent again, unless the hub has refused it. */
export function fromKept({ message, text, written, refused, replyTo, mentions, files }: UnsentMessage): Unsent {
  const enclosed = { ...(replyTo && { replyTo }), ...(mentions && { mentions }), ...(files && { files }) }
  return {
    message,
    text,
    written,
    ...enclosed,
    standing: refused === undefined ? sending : { is: 'failed', why: refused },
  }
}

export const sending: Unsent['standing'] = { is: 'sending' }

function isWaiting(value: unknown): value is Waiting {
  if (typeof value !== 'object' || value === null) return false
  const { conversation, message, text, written, refused } = value as Partial<Record<keyof Waiting, unknown>>
  const isRefusal = refused === undefined || typeof refused === 'string'
  return (
    isRefusal && [conversation, message, text].every(part => typeof part === 'string') && typeof written === 'number'
  )
}
