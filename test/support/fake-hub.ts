import type { HubPart, HubPartChange } from '../../daemon/src/control/parts.ts'
import { ParleyError } from '../../daemon/src/errors.ts'
import type { AccountInfo, ConversationInfo, MessageInfo, PersonInfo } from '../../daemon/src/protocol/control.ts'

/** A hub that keeps one account and its chats in memory, for tests of what stands in front of a hub. */
export interface FakeHub extends HubPart {
  /** Someone writes: history, conversation and watchers learn of it. */
  receive(from: string, text: string): MessageInfo
  /** The other side's device has it. */
  deliver(message: string): void
  /** Tells watchers of a change without one. */
  announce(change: HubPartChange): void
  readonly watchers: number
  readonly texts: readonly string[]
}

export function fakeHub({ people = ['bob', 'carol'] }: { people?: readonly string[] } = {}): FakeHub {
  const listeners = new Set<(change: HubPartChange) => void>()
  const messages: MessageInfo[] = []
  const waiting: ((message: MessageInfo) => void)[] = []
  let account: AccountInfo | undefined
  let position = 0

  const announce = (change: HubPartChange) => {
    for (const listener of listeners) listener(change)
  }
  const known = (name: string): string => {
    if (people.includes(name)) return name
    throw new ParleyError('unknown-user', `Nobody here is called ${name}; \`parley who\` lists people.`)
  }
  const add = (message: Omit<MessageInfo, 'position' | 'written'>): MessageInfo => {
    const place = String(++position).padStart(8, '0')
    // As in a real hub, what waits stands behind all that has its place in a log.
    const isWaiting = message.state === 'queued'
    const added = { ...message, written: 1_790_000_000_000 + position, position: isWaiting ? `outbox/${place}` : place }
    messages.push(added)
    announce({ conversation: added.conversation, messages: { conversation: added.conversation, messages: [added] } })
    return added
  }
  const signedIn = (name: string): AccountInfo => {
    account = {
      registry: 'r'.repeat(52),
      team: 'Acme',
      address: '127.0.0.1:3131',
      user: `user-${name}`,
      name,
      displayName: name,
      state: 'online',
    }
    announce({ accounts: true })
    return account
  }
  return {
    announce,
    get watchers() {
      return listeners.size
    },
    get texts() {
      return messages.filter(message => message.mine).map(message => message.text)
    },
    receive: (from, text) =>
      add({
        conversation: `with-${from}`,
        message: `m${position}`,
        user: `user-${from}`,
        name: from,
        mine: false,
        text,
      }),
    deliver(message) {
      const index = messages.findIndex(each => each.mine && each.message === message)
      const found = messages[index]
      if (!found) throw new Error(`no message ${message}`)
      const delivered = { ...found, state: 'delivered' as const }
      messages[index] = delivered
      const { conversation } = delivered
      announce({ conversation, messages: { conversation, messages: [delivered] } })
      for (const tell of waiting) tell(delivered)
    },
    status: () => ({
      device: 'd'.repeat(52),
      listen: ['127.0.0.1:5858'],
      accounts: account ? [account] : [],
      links: 0,
      queued: messages.filter(message => message.state === 'queued').length,
      warnings: [],
    }),
    signUp: async ({ name }) => signedIn(name),
    signIn: async ({ name, password }) => {
      if (password === undefined) throw new ParleyError('password-needed', 'Give your password to sign in again.')
      if (password !== 'correct horse') throw new ParleyError('wrong-credentials', 'Name or password is wrong.')
      return signedIn(name ?? 'alice')
    },
    signOut: async () => ({ ...signedIn('alice'), state: 'signed-out' }),
    who: async ({ query = '' }) => ({ people: people.filter(name => name.includes(query)).map(person), more: false }),
    send: async ({ to, text, message }) => {
      const earlier = messages.find(each => each.mine && each.message === message)
      if (earlier) return earlier
      return add({
        conversation: `with-${known(to)}`,
        message,
        user: 'user-alice',
        name: 'alice',
        mine: true,
        text,
        state: 'queued',
      })
    },
    history: async ({ with: name, before, after, limit }) => {
      const conversation = `with-${known(name)}`
      const all = messages.filter(
        each =>
          each.conversation === conversation &&
          (before === undefined || each.position < before) &&
          (after === undefined || each.position > after),
      )
      const page = after === undefined ? all.slice(-limit) : all.slice(0, limit)
      return { conversation, messages: page, more: all.length > limit }
    },
    conversationWith: async name => `with-${known(name)}`,
    waitDelivered: ({ message, timeout }) => {
      const found = messages.find(each => each.mine && each.message === message)
      if (found?.state === 'delivered') return Promise.resolve(found)
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new ParleyError('timeout', 'It is not delivered yet.')), timeout)
        waiting.push(delivered => {
          if (delivered.message !== message) return
          clearTimeout(late)
          resolve(delivered)
        })
      })
    },
    snapshot: () => ({
      accounts: account ? [account] : [],
      conversations: people.map(name => summary(name, messages)),
    }),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function person(name: string): PersonInfo {
  return { user: `user-${name}`, name, displayName: name, status: name === 'bob' ? 'online' : 'offline', since: 0 }
}

function summary(name: string, messages: readonly MessageInfo[]): ConversationInfo {
  const own = messages.filter(message => message.conversation === `with-${name}`)
  return {
    conversation: `with-${name}`,
    kind: 'direct',
    person: person(name),
    lastLine: own.at(-1)?.text.slice(0, 100) ?? '',
    lastMine: own.at(-1)?.mine ?? false,
    lastTime: own.at(-1)?.written ?? 0,
    queued: own.filter(message => message.state === 'queued').length,
    linked: false,
  }
}
