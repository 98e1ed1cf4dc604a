import { ParleyError } from '../../daemon/src/errors.ts'
import type {
  AccountInfo,
  ControlMethod,
  ControlNotifications,
  ControlRequests,
  DirectInfo,
  PersonInfo,
} from '../../daemon/src/protocol/control.ts'
import type { Disposable } from '../../extension/src/event.ts'
import type { Clock } from '../../extension/src/hub/clock.ts'
import type { HubClient } from '../../extension/src/hub/hub-connection.ts'

/** A clock that stands still until it is told. */
export class TestClock implements Clock {
  #now = 1_000
  readonly #timers = new Set<{ readonly at: number; readonly act: () => void }>()

  now(): number {
    return this.#now
  }

  after(wait: number, act: () => void): Disposable {
    const timer = { at: this.#now + wait, act }
    this.#timers.add(timer)
    return { dispose: () => this.#timers.delete(timer) }
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Lets time pass, and everything happen that follows from it. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (;;) {
      const [next] = [...this.#timers].filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.act()
      await settled()
    }
    this.#now = end
  }
}

/** Everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
}

type Answers = { [Method in ControlMethod]?: (params: ControlRequests[Method][0]) => unknown }

/** The client of a hub that answers as a test says: with what it gives, or never where it gives a promise without end. */
export class ScriptedClient implements HubClient {
  readonly daemon: HubClient['daemon']
  readonly closed: Promise<void>
  /** What was asked, in order: `method` and its parameters. */
  readonly asked: [ControlMethod, unknown][] = []
  isClosed = false
  readonly #answers: Answers
  readonly #listeners: { readonly name: string; readonly call: (news: never) => void }[] = []
  readonly #end = Promise.withResolvers<void>()
  readonly #failed = Promise.withResolvers<never>()

  constructor(answers: Answers = {}, daemon: Partial<HubClient['daemon']> = {}) {
    this.#answers = { ...usual, ...answers }
    this.daemon = { version: 1, daemon: '1.0.0', pid: 7, roles: ['hub'], isBackground: true, ...daemon }
    this.closed = this.#end.promise
    this.#failed.promise.catch(() => {})
  }

  async request<Method extends ControlMethod>(
    method: Method,
    params: ControlRequests[Method][0],
  ): Promise<ControlRequests[Method][1]> {
    this.asked.push([method, params])
    if (this.isClosed) throw gone()
    const answer: ((params: ControlRequests[Method][0]) => unknown) | undefined = this.#answers[method]
    if (!answer) throw new ParleyError('unsupported', `Nothing answers ${method} here.`)
    // A test says what a method answers; its type is that method's by the test's own care.
    return Promise.race([answer(params) as Promise<ControlRequests[Method][1]>, this.#failed.promise])
  }

  on<Name extends keyof ControlNotifications>(name: Name, call: (news: ControlNotifications[Name]) => void) {
    const entry = { name, call }
    this.#listeners.push(entry)
    return () => void this.#listeners.splice(this.#listeners.indexOf(entry), 1)
  }

  tell<Name extends keyof ControlNotifications>(name: Name, news: ControlNotifications[Name]): void {
    for (const listener of this.#listeners) if (listener.name === name) listener.call(news as never)
  }

  /** How often a method was asked. */
  count(method: ControlMethod): number {
    return this.asked.filter(([each]) => each === method).length
  }

  /** The connection ends, by whichever side. Requests under way fail a moment before it counts as closed. */
  close(): void {
    this.isClosed = true
    this.#failed.reject(gone())
    this.#end.resolve()
  }
}

const usual: Answers = {
  subscribe: () => ({ number: 1, accounts: [], conversations: [] }),
  subscribePeople: () => ({ people: [], online: 0, total: 0 }),
  subscribeMessages: ({ with: conversation }) => ({ conversation }),
  unsubscribeMessages: () => ({}),
  attend: () => ({}),
}

function gone(): ParleyError {
  return new ParleyError('closed', 'The daemon has stopped; try again.')
}

export function somebody(name: string, more: Partial<PersonInfo> = {}): PersonInfo {
  return { user: `user-${name}`, name, displayName: name, status: 'online', since: 0, ...more }
}

export function someAccount(more: Partial<AccountInfo> = {}): AccountInfo {
  return {
    registry: 'r',
    team: 'Acme',
    address: '127.0.0.1:3131',
    user: 'user-alice',
    name: 'alice',
    displayName: 'Alice',
    state: 'online',
    availability: 'available',
    status: 'online',
    ...more,
  }
}

export function someChat(name: string, more: Partial<DirectInfo> = {}): DirectInfo {
  return {
    conversation: `with-${name}`,
    kind: 'direct',
    person: somebody(name),
    lastLine: '',
    lastMine: false,
    lastTime: 0,
    queued: 0,
    linked: false,
    unread: 0,
    mentions: 0,
    muted: false,
    draft: '',
    ...more,
  }
}
