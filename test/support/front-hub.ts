import { ParleyError } from '@parley/daemon/client'
import type {
  AccountInfo,
  ControlNotifications,
  ControlRequests,
  ConversationInfo,
  DeviceInfo,
  DirectInfo,
  FileProgress,
  HistoryProgress,
  MessageInfo,
  PeopleSnapshot,
  PersonInfo,
  PromptInfo,
  RequestInfo,
  RoomConversation,
  RoomInfo,
} from '@parley/daemon/protocol/control'
import { type Disposable, Emitter } from '../../extension/src/event.ts'
import type { ChatListener, Hub, HubMethod, HubState } from '../../extension/src/hub/hub.ts'

/** Answers requests of each method; those not named here are refused. */
export type Answers = {
  [Method in HubMethod]?: (
    params: ControlRequests[Method][0],
  ) => ControlRequests[Method][1] | Promise<ControlRequests[Method][1]>
}

/** The hub as parts of the extension see it, moved by a test. */
export class FrontHub implements Hub {
  readonly #state = new Emitter<HubState>()
  readonly #accounts = new Emitter<void>()
  readonly #conversations = new Emitter<ReadonlySet<string>>()
  readonly #people = new Emitter<void>()
  readonly #requests = new Emitter<void>()
  readonly #devices = new Emitter<void>()
  readonly #file = new Emitter<FileProgress>()
  readonly #history = new Emitter<HistoryProgress>()
  readonly #prompt = new Emitter<PromptInfo>()
  readonly #notice = new Emitter<ControlNotifications['notice']>()
  readonly #watching = new Map<string, Set<ChatListener>>()
  readonly asked: { readonly method: HubMethod; readonly params: unknown }[] = []
  readonly attention: ControlRequests['attend'][0][] = []
  readonly conversations = new Map<string, ConversationInfo>()
  readonly onState = this.#state.event
  readonly onAccounts = this.#accounts.event
  readonly onConversations = this.#conversations.event
  readonly onPeople = this.#people.event
  readonly onRequests = this.#requests.event
  readonly onPendingDevices = this.#devices.event
  readonly onPrompt = this.#prompt.event
  readonly onNotice = this.#notice.event
  readonly onFile = this.#file.event
  readonly onHistory = this.#history.event
  readonly mayInvite = false
  accounts: readonly AccountInfo[] | undefined = [account()]
  people: PeopleSnapshot = { people: [], online: 0, total: 0 }
  requests: readonly RequestInfo[] = []
  pendingDevices: readonly DeviceInfo[] = []
  state: HubState = { is: 'up' }
  answers: Answers

  constructor(answers: Answers = {}) {
    this.answers = answers
  }

  async request<Method extends HubMethod>(
    method: Method,
    params: ControlRequests[Method][0],
  ): Promise<ControlRequests[Method][1]> {
    if (this.state.is !== 'up') throw new ParleyError('not-running', 'The background service is away.')
    this.asked.push({ method, params })
    const answer = this.answers[method]
    if (!answer) throw new ParleyError('unsupported', `No answer to ${method}.`)
    return answer(params)
  }

  /** What was asked of one method, in order. */
  askedOf<Method extends HubMethod>(method: Method): unknown[] {
    return this.asked.filter(each => each.method === method).map(({ params }) => params)
  }

  watchChat(conversation: string, listener: ChatListener): Disposable {
    const listeners = this.#watching.get(conversation) ?? new Set()
    this.#watching.set(conversation, listeners.add(listener))
    return { dispose: () => void listeners.delete(listener) }
  }

  attend(attention: ControlRequests['attend'][0]): void {
    this.attention.push(attention)
  }

  async restart(): Promise<void> {
    this.become({ is: 'up' })
  }

  // ---- moved by tests

  prompt(asked: PromptInfo): void {
    this.#prompt.fire(asked)
  }

  become(state: HubState): void {
    this.state = state
    this.#state.fire(state)
  }

  setAccounts(accounts: readonly AccountInfo[] | undefined): void {
    this.accounts = accounts
    this.#accounts.fire()
  }

  setConversations(...changed: readonly ConversationInfo[]): void {
    for (const each of changed) this.conversations.set(each.conversation, each)
    this.#conversations.fire(new Set(changed.map(each => each.conversation)))
  }

  setPeople(people: PeopleSnapshot): void {
    this.people = people
    this.#people.fire()
  }

  setRequests(...requests: readonly RequestInfo[]): void {
    this.requests = requests
    this.#requests.fire()
  }

  setPendingDevices(...devices: readonly DeviceInfo[]): void {
    this.pendingDevices = devices
    this.#devices.fire()
  }

  notice(conversation: string, of: Partial<MessageInfo> & { readonly person?: PersonInfo } = {}): void {
    const { person: who = person('bob'), ...more } = of
    this.#notice.fire({ conversation, person: who, message: message('p1', { conversation, ...more }) })
  }

  history(progress: HistoryProgress): void {
    this.#history.fire(progress)
  }

  file(progress: FileProgress): void {
    this.#file.fire(progress)
  }

  /** How many follow a chat. */
  watchers(conversation: string): number {
    return this.#watching.get(conversation)?.size ?? 0
  }

  tell(conversation: string, act: (listener: ChatListener) => void): void {
    for (const listener of this.#watching.get(conversation) ?? []) act(listener)
  }
}

export function account(change: Partial<AccountInfo> = {}): AccountInfo {
  return {
    registry: 'r1',
    team: 'Acme',
    address: 'localhost:3131',
    user: 'user-alice',
    name: 'alice',
    displayName: 'Alice Kim',
    state: 'online',
    availability: 'available',
    status: 'online',
    ...change,
  }
}

export function person(name: string, change: Partial<PersonInfo> = {}): PersonInfo {
  return { user: `user-${name}`, name, displayName: name, status: 'online', since: 0, ...change }
}

export function request(name: string, change: Partial<RequestInfo> = {}): RequestInfo {
  return {
    id: `from-${name}`,
    kind: 'direct',
    name,
    displayName: name,
    address: '192.0.2.7:5858',
    at: 0,
    safetyNumber: Array(12).fill('12345').join(' '),
    ...change,
  }
}

export function device(name: string, change: Partial<DeviceInfo> = {}): DeviceInfo {
  return {
    device: `device-${name}`,
    name,
    added: 0,
    seen: 0,
    isThis: false,
    isOnline: false,
    isPending: false,
    ...change,
  }
}

export function conversation(name: string, change: Partial<DirectInfo> = {}): DirectInfo {
  return {
    conversation: `with-${name}`,
    kind: 'direct',
    person: person(name),
    lastLine: '',
    lastMine: false,
    lastTime: 0,
    queued: 0,
    linked: true,
    unread: 0,
    mentions: 0,
    muted: false,
    draft: '',
    ...change,
  }
}

export function room(
  name: string,
  change: Omit<Partial<RoomConversation>, 'room'> & { readonly room?: Partial<RoomInfo> } = {},
): RoomConversation {
  const { person: _, kind: __, ...listed } = conversation(name)
  return {
    ...listed,
    conversation: `room-${name}`,
    kind: 'room',
    ...change,
    room: { name, topic: '', history: 'all', standing: 'member', members: 3, ...change.room },
  }
}

export function message(position: string, change: Partial<MessageInfo> = {}): MessageInfo {
  return {
    conversation: 'with-bob',
    message: `m-${position}`,
    user: 'user-bob',
    name: 'bob',
    mine: false,
    text: `text of ${position}`,
    written: 0,
    position,
    ...change,
  }
}
