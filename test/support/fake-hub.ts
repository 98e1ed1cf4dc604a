import type { HubPart, HubPartChange } from '../../daemon/src/control/parts.ts'
import { ParleyError } from '../../daemon/src/errors.ts'
import type { AccountInfo, ChatState, DirectInfo, MessageInfo, PersonInfo } from '../../daemon/src/protocol/control.ts'

/** `undefined` takes away what was. */
export type PersonChange = { readonly [Part in keyof PersonInfo]?: PersonInfo[Part] | undefined }

/** A hub that keeps one account and its chats in memory, for tests of what stands in front of a hub. */
export interface FakeHub extends HubPart {
  /** Someone writes: history, conversation and watchers learn of it. */
  receive(from: string, text: string): MessageInfo
  /** The other side's device has it. */
  deliver(message: string): void
  /** The account is another one from now on in these respects. */
  setAccount(change: Partial<AccountInfo>): void
  /** So is somebody, by name. */
  setPerson(name: string, change: PersonChange): void
  /** Tells watchers of a change without one. */
  announce(change: HubPartChange): void
  readonly watchers: number
  /** What the control server has said of front ends, the latest last. */
  readonly attended: readonly boolean[]
  readonly texts: readonly string[]
}

export function fakeHub({ people = ['bob', 'carol'] }: { people?: readonly string[] } = {}): FakeHub {
  const listeners = new Set<(change: HubPartChange) => void>()
  const messages: MessageInfo[] = []
  const waiting: ((message: MessageInfo) => void)[] = []
  const kept = new Map<string, Kept>()
  const places = new Map<string, readonly string[]>()
  const attended: boolean[] = []
  const changed = new Map<string, PersonChange>()
  const person = (name: string): PersonInfo => ({ ...usualPerson(name), ...changed.get(name) }) as PersonInfo
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
  const keptOf = (conversation: string): Kept => {
    const found = kept.get(conversation) ?? { state: { draft: '' }, readTo: '' }
    kept.set(conversation, found)
    return found
  }
  /** Keeps something else of a chat, and tells it. */
  const keep = (conversation: string, change: Partial<Kept>): Record<string, never> => {
    nameOf(conversation)
    kept.set(conversation, { ...keptOf(conversation), ...change })
    announce({ conversation })
    return {}
  }
  /** The last position before that one; empty: it is the first. */
  const before = (position: string) => messages.findLast(each => each.position < position)?.position ?? ''
  const tell = (conversation: string, told: readonly MessageInfo[]) =>
    announce({ conversation, messages: { conversation, messages: told } })
  /** Another message in the place of one, told to all who watch. */
  const change = (
    named: Pick<MessageInfo, 'message'> & Partial<Pick<MessageInfo, 'user'>>,
    made: Partial<MessageInfo>,
  ) => {
    const index = messages.findIndex(each => each.message === named.message && (named.user ?? each.user) === each.user)
    const found = messages[index]
    if (!found) throw new ParleyError('bad-message', 'There is no such message.')
    const changed = { ...found, ...made }
    messages[index] = changed
    tell(changed.conversation, [changed])
    return changed
  }
  /** Takes messages away, and says that they are gone. */
  const drop = (conversation: string, isDropped: (message: MessageInfo) => boolean) => {
    const gone = messages.filter(each => each.conversation === conversation && isDropped(each))
    for (const each of gone) messages.splice(messages.indexOf(each), 1)
    tell(
      conversation,
      gone.map(each => ({ ...each, gone: true })),
    )
    return {}
  }
  const summaryOf = (name: string) => summary(person(name), messages, keptOf(`with-${name}`))
  const nameOf = (conversation: string) => known(conversation.replace(/^with-/, ''))
  const signedIn = (name: string): AccountInfo => {
    const signed: AccountInfo = {
      registry: 'r'.repeat(52),
      team: 'Acme',
      address: '127.0.0.1:3131',
      user: `user-${name}`,
      name,
      displayName: name,
      state: 'online',
      availability: account?.availability ?? 'available',
      status: account?.availability === 'busy' ? 'busy' : 'online',
    }
    account = signed
    announce({ accounts: true })
    return signed
  }
  return {
    announce,
    get watchers() {
      return listeners.size
    },
    get texts() {
      return messages.filter(message => message.mine).map(message => message.text)
    },
    attended,
    receive(from, text) {
      const conversation = `with-${from}`
      const received = { conversation, message: `m${position}`, user: `user-${from}`, name: from, mine: false, text }
      const message = add(received)
      if (!keptOf(conversation).isMuted) {
        announce({ arrived: { conversation, person: person(from), messages: [message] } })
      }
      return message
    },
    setAccount(change) {
      account = { ...(account ?? signedIn('alice')), ...change }
      announce({ accounts: true })
    },
    setPerson(name, change) {
      changed.set(known(name), { ...changed.get(name), ...change })
      announce({
        conversation: `with-${name}`,
        people: { people: [person(name)], gone: [], online: 1, total: people.length },
      })
    },
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
      relayed: 0,
      isDirect: true,
      queued: messages.filter(message => message.state === 'queued').length,
      warnings: [],
    }),
    signUp: async ({ name, password }) => {
      if (password === undefined) throw new ParleyError('password-needed', 'This team wants a password. Give one.')
      return signedIn(name)
    },
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
    history: async ({ with: who, before, after, from, limit }) => {
      const conversation = `with-${nameOf(who)}`
      const all = messages.filter(
        each =>
          each.conversation === conversation &&
          (before === undefined || each.position < before) &&
          (after === undefined || each.position > after) &&
          (from === undefined || each.position >= from),
      )
      const page = (after ?? from) === undefined ? all.slice(-limit) : all.slice(0, limit)
      return { conversation, messages: page, more: all.length > limit }
    },
    conversationWith: async who => `with-${nameOf(who)}`,
    probe: async () => ({ is: 'peer', device: 'd'.repeat(52), person: person('bob') }),
    hostTeam: async ({ team }) => ({ registry: 'r'.repeat(52), address: '127.0.0.1:3131', team }),
    setAvailability: async ({ availability }) => {
      account = { ...(account ?? signedIn('alice')), availability, status: availability === 'busy' ? 'busy' : 'online' }
      announce({ accounts: true })
      return account
    },
    people: () => ({ people: people.map(person), online: 1, total: people.length }),
    conversation: id => people.map(summaryOf).find(each => each.conversation === id),
    chats: {
      openChat: async ({ with: who }) => {
        const name = nameOf(who)
        const { state, readTo } = keptOf(`with-${name}`)
        const firstUnread = messages.find(each => each.name === name && each.position > readTo)?.position
        return { ...state, conversation: summaryOf(name), ...(firstUnread !== undefined && { firstUnread }) }
      },
      saveChat: async ({ conversation, draft, scroll }, by) => {
        nameOf(conversation)
        const { state } = keptOf(conversation)
        const place = scroll === undefined ? state.scroll : (scroll ?? undefined)
        const saved: ChatState = { draft: draft ?? state.draft, ...(place && { scroll: place }) }
        keptOf(conversation).state = saved
        announce({ conversation, chat: { conversation, state: saved, by } })
        return {}
      },
      markRead: async ({ conversation, position: to }) => {
        nameOf(conversation)
        const { readTo } = keptOf(conversation)
        return keep(conversation, { isMarked: false, readTo: [to, readTo].sort().at(-1) ?? to })
      },
      setMuted: async ({ conversation, muted }) => keep(conversation, { isMuted: muted }),
      setArchived: async ({ conversation, archived }) => keep(conversation, { isArchived: archived }),
      setPinned: async ({ conversation, pinned }) => keep(conversation, { isPinned: pinned }),
      markUnread: async ({ conversation, position }) =>
        keep(conversation, { isMarked: true, ...(position !== undefined && { readTo: before(position) }) }),
      setReceipts: async ({ receipts }) => {
        const { areReceiptsOff: _, ...rest } = account ?? signedIn('alice')
        account = { ...rest, ...(!receipts && { areReceiptsOff: true }) }
        announce({ accounts: true })
        return {}
      },
      saveOpenChats: async ({ place, conversations }) => {
        places.set(place, conversations)
        return {}
      },
      openChats: async ({ place }) => ({ conversations: places.get(place) ?? [] }),
    },
    messages: {
      editMessage: async ({ message, text }) => change({ message }, { text, edited: 1_790_000_000_000 }),
      deleteMessage: async ({ conversation, user, message, forMe }) => {
        if (forMe) return drop(conversation, each => each.user === user && each.message === message)
        change({ user, message }, { text: '', deleted: true })
        return {}
      },
      react: async ({ user, message, emoji, on }) => {
        change({ user, message }, { reactions: on ? [{ emoji, users: ['user-alice'], mine: true }] : [] })
        return {}
      },
      reached: async ({ conversation }) => ({
        members: [{ person: person(nameOf(conversation)), state: 'delivered' }],
      }),
      typing: async () => ({}),
    },
    archive: {
      search: async ({ query }) => ({
        hits: messages
          .filter(({ text }) => text.includes(query))
          .map(message => ({
            message,
            conversation: summaryOf(nameOf(message.conversation)),
            excerpt: message.text,
            marks: [],
          })),
      }),
      exportHistory: async () => ({ messages: messages.length, bytes: 0 }),
      importHistory: async () => ({ messages: 0, known: messages.length, dropped: 0, left: 0 }),
      setRetention: async ({ conversation, days }) => keep(conversation, { retention: days ?? undefined }),
      clearHistory: async ({ conversation, before: end }) =>
        drop(conversation, ({ position: at }) => end === undefined || at < end),
    },
    setAttended: isAttended => void attended.push(isAttended),
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
      conversations: people.map(summaryOf),
      requests: [],
      pendingDevices: [],
    }),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

interface Kept {
  state: ChatState
  readTo: string
  isMuted?: boolean
  isArchived?: boolean
  isPinned?: boolean
  isMarked?: boolean
  retention?: number | undefined
}

function usualPerson(name: string): PersonInfo {
  return { user: `user-${name}`, name, displayName: name, status: name === 'bob' ? 'online' : 'offline', since: 0 }
}

function summary(person: PersonInfo, messages: readonly MessageInfo[], kept: Kept): DirectInfo {
  const { name } = person
  const own = messages.filter(message => message.conversation === `with-${name}`)
  return {
    conversation: `with-${name}`,
    kind: 'direct',
    person,
    lastLine: own.at(-1)?.text.slice(0, 100) ?? '',
    lastMine: own.at(-1)?.mine ?? false,
    lastTime: own.at(-1)?.written ?? 0,
    queued: own.filter(message => message.state === 'queued').length,
    linked: false,
    mentions: 0,
    unread: own.filter(message => !message.mine && message.position > kept.readTo).length,
    muted: kept.isMuted ?? false,
    ...(kept.isArchived && { archived: true }),
    ...(kept.isPinned && { pinned: true }),
    ...(kept.isMarked && { isMarkedUnread: true }),
    ...(kept.retention !== undefined && { retention: kept.retention }),
    draft: kept.state.draft.slice(0, 100),
  }
}
