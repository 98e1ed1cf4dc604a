import type { AccountInfo, DirectInfo, MessageInfo, RoomConversation } from '@parley/daemon/protocol/control'
import type { ChatView } from '../../../extension/src/chat/messages.ts'

const conversation = 'c'.repeat(52)

/** The two who talk in these tests: alice is the one who looks at the page. */
export const alice = { user: 'a'.repeat(26), name: 'alice', displayName: 'Alice Kim' } as const
export const bob = { user: 'b'.repeat(26), name: 'bob', displayName: 'Bob Larsen' } as const

/** A quarter to ten in the morning of a Friday, in the time zone of the test's browser. */
export const now = Date.UTC(2026, 1, 6, 9, 45)

/** Where a message that was written at that number stands: as the hub writes positions. */
export function positionOf(number: number): string {
  return `${number.toString(16).padStart(16, '0')}/${'d'.repeat(52)}/${number.toString(16).padStart(11, '0')}/${'0'.repeat(16)}`
}

/** The message with that number: 0 is the oldest. What is not given is made of the number, always the same. */
export function message(number: number, given: Partial<MessageInfo> = {}): MessageInfo {
  // Some lines in a row, then the other one: as people write.
  const mine = given.mine ?? number % 7 < 3
  const author = mine ? alice : bob
  return {
    conversation,
    message: `m${number.toString(36).padStart(25, 'a')}`,
    user: author.user,
    name: author.name,
    mine,
    text: textOf(number),
    written: 0,
    position: positionOf(number),
    ...(mine ? { state: 'delivered' } : {}),
    ...given,
  }
}

/** `count` messages up to now, a minute apart and every twentieth after a pause. */
export function conversationOf(count: number): MessageInfo[] {
  let written = now
  const messages: MessageInfo[] = []
  for (let number = count - 1; number >= 0; number--) {
    messages.push(message(number, { written }))
    written -= number % 20 === 0 ? 3 * 60 * 60_000 : 60_000
  }
  return messages.reverse()
}

/** What surrounds the messages of a room. */
export function roomViewOf(
  given: Partial<RoomConversation> & { readonly standing?: RoomConversation['room']['standing'] } = {},
): ChatView {
  const view = viewOf()
  const { standing = 'member', ...change } = given
  const { kind: _, ...listed } = view.conversation
  const room = { name: 'release-2.4', topic: 'What goes into 2.4', history: 'all', standing, members: 5 } as const
  return { ...view, conversation: { ...listed, kind: 'room', room, ...change } }
}

/** What surrounds the messages, with what a test wants otherwise. */
export function viewOf(
  given: {
    readonly conversation?: Partial<DirectInfo>
    readonly account?: Partial<AccountInfo>
    readonly person?: Partial<DirectInfo['person']>
  } & Partial<Pick<ChatView, 'hub' | 'sendWith'>> = {},
): ChatView {
  return {
    conversation: {
      conversation,
      kind: 'direct',
      lastLine: '',
      lastMine: false,
      lastTime: 0,
      queued: 0,
      linked: true,
      unread: 0,
      mentions: 0,
      muted: false,
      draft: '',
      ...given.conversation,
      person: { ...bob, status: 'online', since: now, ...given.person },
    },
    account: {
      registry: 'r'.repeat(52),
      team: 'Acme',
      address: 'parley://acme.example',
      ...alice,
      state: 'online',
      availability: 'available',
      status: 'online',
      ...given.account,
    },
    hub: given.hub ?? { is: 'up' },
    sendWith: given.sendWith ?? 'enter',
  }
}

function textOf(number: number): string {
  if (number % 53 === 17) return `Look at this:\n\n\`\`\`ts src/net/dialer.ts:38-40\n${code}\n\`\`\``
  if (number % 29 === 5)
    return `Number ${number}:\n\n- the *first* thing\n- the **second** one, see \`src/net/dialer.ts:42\``
  return `Number ${number}. ${sentences[number % sentences.length]}`
}

const code = `const wait = jitter(attempt)
await sleep(wait, { signal })
if (signal.aborted) throw signal.reason`

const sentences = [
  'The retry test is flaky on CI.',
  'Is it the backoff or the clock? I have looked at both and cannot tell, so I pinned the seed and let it run all night.',
  'Yes.',
  'It only fails when the timer fires *before* the abort.',
  'See https://example.com/builds/114 for the log.',
  'I can send a patch, four lines. Want it?',
  'Then the listener is gone when the socket closes, and what waits for it waits for ever. That is the whole story: nobody rejects the promise, so the pool never gets the slot back and all later dials queue behind it.',
]
