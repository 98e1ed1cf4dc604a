import type { Client } from '@parley/daemon/client'
import { asParleyError, ParleyError } from '@parley/daemon/client/basics'
import type {
  AccountInfo,
  Attention,
  ControlNotifications,
  ControlRequests,
  FileProgress,
  HistoryProgress,
  PromptInfo,
} from '@parley/daemon/protocol/control'
import { type Disposable, Emitter } from '../event.ts'
import { limits } from '../limits.ts'
import type { Clock } from './clock.ts'
import type { ChatListener, Hub, HubMethod, HubState } from './hub.ts'
import { KnownChats, KnownPeople, type Told } from './known.ts'
import type { Log } from './log.ts'
import { Patience } from './patience.ts'
import { Watches } from './watches.ts'

/** The part of the daemon's client that is used. */
export type HubClient = Pick<Client, 'daemon' | 'request' | 'on' | 'closed' | 'close'>

export interface HubConnectionOptions {
  /** Finds or starts the hub. Rejects with ParleyError. */
  readonly connect: (signal: AbortSignal) => Promise<HubClient>
  /** Ends the hub that runs, also one that does not answer. */
  readonly end: () => Promise<void>
  readonly clock: Clock
  readonly log: Log
  /** Sentences for a person. */
  readonly words: { readonly away: string; readonly keepsEnding: string; readonly noHub: string }
  readonly random?: () => number
}

/**
 * Finds or starts the hub once {@link start} is called, and follows it until disposed: when it dies it is started again,
 * with growing pauses, until {@link Patience} gives up.
 */
export class HubConnection implements Hub, Disposable {
  readonly #options: HubConnectionOptions
  readonly #chats = new KnownChats()
  readonly #people = new KnownPeople()
  readonly #watches: Watches
  readonly #state = new Emitter<HubState>()
  readonly #accounts = new Emitter<void>()
  readonly #conversations = new Emitter<ReadonlySet<string>>()
  readonly #peopleNews = new Emitter<void>()
  readonly #requests = new Emitter<void>()
  readonly #devices = new Emitter<void>()
  readonly #notice = new Emitter<ControlNotifications['notice']>()
  readonly #file = new Emitter<FileProgress>()
  readonly #history = new Emitter<HistoryProgress>()
  readonly #prompt = new Emitter<PromptInfo>()
  #now: HubState = { is: 'connecting', again: false }
  #client: HubClient | undefined
  #roles: readonly string[] = []
  #attention: Attention | undefined
  /** Of the search that is under way or follows the hub. */
  #search = new AbortController()
  /** Requests that wait for the hub: each looks whether it can go on. */
  readonly #waiting = new Set<() => void>()
  #isDisposed = false

  readonly onState = this.#state.event
  readonly onAccounts = this.#accounts.event
  readonly onConversations = this.#conversations.event
  readonly onPeople = this.#peopleNews.event
  readonly onRequests = this.#requests.event
  readonly onPendingDevices = this.#devices.event
  readonly onNotice = this.#notice.event
  readonly onFile = this.#file.event
  readonly onHistory = this.#history.event
  readonly onPrompt = this.#prompt.event

  constructor(options: HubConnectionOptions) {
    this.#options = options
    this.#watches = new Watches(options.log)
  }

  /** Begins to look for the hub; once. */
  start(): void {
    if (!this.#isDisposed) void this.#follow(this.#search.signal)
  }

  get state(): HubState {
    return this.#now
  }

  get accounts(): readonly AccountInfo[] | undefined {
    return this.#chats.accounts
  }

  get conversations(): Hub['conversations'] {
    return this.#chats.conversations
  }

  get people(): Hub['people'] {
    return this.#people.snapshot
  }

  get requests(): Hub['requests'] {
    return this.#chats.requests
  }

  get pendingDevices(): Hub['pendingDevices'] {
    return this.#chats.pendingDevices
  }

  get mayInvite(): boolean {
    const accounts = this.accounts ?? []
    return this.#roles.includes('registry') || accounts.some(account => account.isHosted || account.isAdmin)
  }

  async request<Method extends HubMethod>(
    method: Method,
    params: ControlRequests[Method][0],
    options?: { readonly timeout?: number },
  ): Promise<ControlRequests[Method][1]> {
    const deadline = this.#options.clock.now() + limits.hubAway
    for (;;) {
      const client = await this.#whenUp(deadline)
      if (reads.has(method)) await this.#watches.settled()
      try {
        const reply = await client.request(method, params, options)
        if (method === 'hostTeam') this.#hostsNow(client)
        return reply
      } catch (error) {
        if (!repeatable.has(method) || !(await this.#hasGone(client, error))) throw error
      }
    }
  }

  watchChat(conversation: string, listener: ChatListener): Disposable {
    return this.#watches.watch(conversation, listener)
  }

  attend(attention: Attention): void {
    this.#attention = attention
    if (this.#client) void this.#tellAttention(this.#client)
  }

  async restart(): Promise<void> {
    if (this.#isDisposed) throw this.#away()
    this.#search.abort()
    const search = new AbortController()
    this.#search = search
    this.#client = undefined
    this.#become({ is: 'connecting', again: this.accounts !== undefined })
    try {
      await this.#options.end()
    } catch (error) {
      this.#options.log.warn(`The background service could not be ended: ${asParleyError(error).message}`)
    }
    if (search.signal.aborted) throw this.#away()
    void this.#follow(search.signal)
    await this.#whenUp(Number.POSITIVE_INFINITY)
  }

  dispose(): void {
    this.#isDisposed = true
    this.#search.abort()
    this.#client?.close()
    this.#client = undefined
    for (const look of this.#waiting) look()
    const chats = [
      this.#accounts,
      this.#conversations,
      this.#requests,
      this.#devices,
      this.#peopleNews,
      this.#notice,
      this.#file,
      this.#history,
    ]
    for (const emitter of [this.#state, ...chats]) emitter.dispose()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { clock, log, random, words } = this.#options
    const patience = new Patience({ ...(random && { random }) })
    while (!signal.aborted) {
      const life = { since: Number.POSITIVE_INFINITY }
      const error = await this.#live(signal, life).then(
        () => undefined,
        cause => asParleyError(cause),
      )
      if (signal.aborted) return
      const wait = patience.ended(Math.max(0, clock.now() - life.since), error)
      const why = error?.message
      if (wait === undefined) {
        const { code, message } = error ?? new ParleyError('not-running', words.keepsEnding)
        log.error(`Gave up on the background service: ${message}`)
        this.#become({ is: 'failed', code, why: message })
        return
      }
      log.warn(`The background service has gone; looking again in ${Math.round(wait)} ms. ${why ?? ''}`)
      this.#become({ is: 'connecting', again: this.accounts !== undefined, ...(why !== undefined && { why }) })
      await this.#pause(wait, signal)
    }
  }

  /** Connects and stays until the connection ends. Sets when the hub was up. */
  async #live(signal: AbortSignal, life: { since: number }): Promise<void> {
    const { clock, connect, log, words } = this.#options
    const client = await connect(signal)
    const leave = () => client.close()
    signal.addEventListener('abort', leave)
    try {
      if (signal.aborted) return
      const { roles, daemon, pid } = client.daemon
      if (!roles.includes('hub')) throw new ParleyError('unsupported', words.noHub)
      const told = await this.#begin(client)
      if (signal.aborted) return
      this.#client = client
      life.since = clock.now()
      log.info(`Connected to the background service ${daemon} (process ${pid})`)
      this.#become({ is: 'up' })
      this.#tell(told)
      this.#peopleNews.fire()
      this.#watches.stale()
      await client.closed
    } finally {
      signal.removeEventListener('abort', leave)
      client.close()
      if (this.#client === client) this.#client = undefined
      this.#watches.lost(client)
    }
  }

  /** Asks a new connection for all that this window follows. */
  async #begin(client: HubClient): Promise<Told> {
    this.#roles = client.daemon.roles
    client.on('notice', notice => this.#notice.fire(notice))
    client.on('file', progress => this.#file.fire(progress))
    client.on('historyProgress', progress => this.#history.fire(progress))
    client.on('prompt', prompt => this.#prompt.fire(prompt))
    client.on('people', change => {
      this.#people.change(change)
      if (this.#client === client) this.#peopleNews.fire()
    })
    client.on('change', change => {
      const told = this.#chats.change(change)
      if (told === 'gap') void this.#subscribeAgain(client)
      else if (this.#client === client) this.#tell(told)
    })
    // First of all, so that the hub knows whom to tell of messages.
    const attending = this.#tellAttention(client)
    const [told] = await Promise.all([
      this.#subscribe(client),
      this.#subscribePeople(client),
      this.#watches.connected(client),
      attending,
    ])
    return told
  }

  async #subscribe(client: HubClient): Promise<Told> {
    this.#chats.await()
    const { told, hasGap } = this.#chats.take(await client.request('subscribe', {}, { timeout: limits.hubGreeting }))
    if (hasGap) void this.#subscribeAgain(client)
    return told
  }

  async #subscribeAgain(client: HubClient): Promise<void> {
    try {
      const told = await this.#subscribe(client)
      if (this.#client === client) this.#tell(told)
    } catch {
      // A hub that does not answer, or has gone: the next connection begins with a snapshot.
      client.close()
    }
  }

  async #subscribePeople(client: HubClient): Promise<void> {
    try {
      this.#people.take(await client.request('subscribePeople', {}, { timeout: limits.hubGreeting }))
    } catch (error) {
      this.#options.log.warn(`The list of people is not to be had: ${asParleyError(error).message}`)
    }
  }

  async #tellAttention(client: HubClient): Promise<void> {
    if (!this.#attention) return
    try {
      await client.request('attend', this.#attention)
    } catch (error) {
      this.#options.log.debug(`What is in sight could not be told: ${asParleyError(error).message}`)
    }
  }

  #tell({ accounts, conversations, requests, devices }: Told): void {
    if (accounts) this.#accounts.fire()
    if (conversations.size > 0) this.#conversations.fire(conversations)
    if (requests) this.#requests.fire()
    if (devices) this.#devices.fire()
  }

  #become(state: HubState): void {
    this.#now = state
    for (const look of this.#waiting) look()
    this.#state.fire(state)
  }

  #hostsNow(client: HubClient): void {
    if (this.#client !== client || this.#roles.includes('registry')) return
    this.#roles = [...this.#roles, 'registry']
    this.#accounts.fire()
  }

  /** The connection, once there is one. Rejects with `not-running` at `deadline`, or when it has been given up. */
  #whenUp(deadline: number): Promise<HubClient> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (this.#client) resolve(this.#client)
        else if (this.#isDisposed) reject(this.#away())
        else if (this.#now.is === 'failed') reject(new ParleyError('not-running', this.#now.why))
        else return
        stop()
      }
      const expire = () => {
        stop()
        reject(this.#away())
      }
      const stop = () => {
        late?.dispose()
        this.#waiting.delete(settle)
      }
      const wait = deadline - this.#options.clock.now()
      const late = Number.isFinite(wait) ? this.#options.clock.after(Math.max(0, wait), expire) : undefined
      this.#waiting.add(settle)
      settle()
    })
  }

  /** Whether a request failed because its connection has ended, rather than because the hub said so. */
  async #hasGone(client: HubClient, error: unknown): Promise<boolean> {
    if (!(error instanceof ParleyError) || error.code !== 'closed') return false
    // Waiting requests fail a moment before the connection counts as ended.
    await new Promise(resolve => setImmediate(resolve))
    return this.#client !== client
  }

  #pause(wait: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const end = () => {
        timer.dispose()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = this.#options.clock.after(wait, end)
      signal.addEventListener('abort', end)
    })
  }

  #away(): ParleyError {
    return new ParleyError('not-running', this.#options.words.away)
  }
}

/** What was watched before these misses nothing. */
const reads: ReadonlySet<HubMethod> = new Set<HubMethod>(['history', 'openChat'])

/** Asked twice, these do what they do once: a message has its id. */
const repeatable: ReadonlySet<HubMethod> = new Set<HubMethod>([
  ...(['devices', 'safetyNumber', 'requests', 'blocked', 'invites', 'doctor', 'block', 'setDirect'] as const),
  ...(['status', 'who', 'probe', 'history', 'openChat', 'openChats', 'waitDelivered'] as const),
  ...(['editMessage', 'deleteMessage', 'react', 'reached', 'room', 'search', 'fetchFile', 'setReceipts'] as const),
  ...(['setPinned', 'setArchived', 'markUnread', 'setRetention'] as const),
  ...(['send', 'saveChat', 'markRead', 'setMuted', 'saveOpenChats', 'setAvailability', 'hostTeam'] as const),
])
