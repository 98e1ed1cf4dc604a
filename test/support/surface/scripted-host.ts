import { EventEmitter, once } from 'node:events'
import type { FileInfo, MessageInfo } from '@parley/daemon/protocol/control'
import type {
  ChatView,
  FromSurface,
  Opened,
  Reached,
  SurfaceEvent,
  SurfaceEvents,
  SurfaceMethod,
  SurfaceRequests,
  ToSurface,
} from '../../../extension/src/chat/messages.ts'
import { alice, message, now, positionOf, viewOf } from './messages.ts'

type Asked = {
  [Method in SurfaceMethod]: { readonly method: Method; readonly params: SurfaceRequests[Method][0] }
}[SurfaceMethod]

/** The extension's side of a surface, with a conversation in memory; a test scripts what goes slowly or wrong. */
export class ScriptedHost {
  view: ChatView = viewOf()
  /** Oldest first. */
  messages: MessageInfo[] = []
  opened: Partial<Pick<Opened, 'draft' | 'scroll' | 'firstUnread' | 'unsent' | 'strings' | 'locale' | 'members'>> = {}
  /** Everything that was asked for, in order. */
  readonly asked: Asked[] = []
  /** What `selection` gives. */
  selected: string | null = null
  /** The files that somebody chooses. */
  picked: readonly FileInfo[] = []
  /** What `reached` gives. */
  reached: readonly Reached[] = []
  /** The files that `openPlace` finds. */
  files: readonly string[] = []
  readonly #events = new EventEmitter()
  readonly #refusals = new Map<SurfaceMethod, { why: string; code: string; times: number }>()
  readonly #held = new Map<SurfaceMethod, (() => void)[]>()
  #post: (message: ToSurface) => void = () => {}

  /** The page says something; `post` goes back to it. */
  take(said: FromSurface, post: (message: ToSurface) => void): void {
    this.#post = post
    if (said.is === 'ready') {
      this.#events.emit('ready')
      return
    }
    const { id, method, params } = said
    this.asked.push({ method, params } as Asked)
    const held = this.#held.get(method)
    if (held) held.push(() => this.#answer(id, said))
    else this.#answer(id, said)
    this.#events.emit(method, params)
  }

  /** Resolves with the parameters of the next request of that kind, or of one that was made already. */
  async when<Method extends SurfaceMethod>(
    method: Method,
    is: (params: SurfaceRequests[Method][0]) => boolean = () => true,
  ): Promise<SurfaceRequests[Method][0]> {
    const signal = AbortSignal.timeout(10_000)
    for (;;) {
      for (const one of this.asked) {
        const params = one.params as SurfaceRequests[Method][0]
        if (one.method === method && is(params)) return params
      }
      await once(this.#events, method, { signal }).catch(error => {
        throw new Error(`the surface did not ask for ${method}`, { cause: error })
      })
    }
  }

  /** How often that was asked for. */
  count(method: SurfaceMethod): number {
    return this.asked.filter(one => one.method === method).length
  }

  forget(): void {
    this.asked.length = 0
  }

  tell<Event extends SurfaceEvent>(event: Event, value: SurfaceEvents[Event]): void {
    this.#post({ is: 'event', event, value } as ToSurface)
  }

  /** Changes what surrounds the messages, and tells it. */
  show(view: ChatView): void {
    this.view = view
    this.tell('view', view)
  }

  /** A new message at the end, told at once. */
  arrive(given: Partial<MessageInfo> = {}): MessageInfo {
    const number = this.messages.length
    const arrived = message(number, { mine: false, written: now + number, ...given })
    this.messages.push(arrived)
    this.tell('messages', [arrived])
    return arrived
  }

  /** The next `times` requests of that kind are refused. */
  refuse(method: SurfaceMethod, why: string, { code = 'unreachable', times = 1 } = {}): void {
    this.#refusals.set(method, { why, code, times })
  }

  /** Requests of that kind get no answer until the function that this gives is called. */
  hold(method: SurfaceMethod): () => void {
    this.#held.set(method, [])
    return () => {
      const waiting = this.#held.get(method) ?? []
      this.#held.delete(method)
      for (const answer of waiting) answer()
    }
  }

  #answer(id: number, asked: Asked): void {
    const refusal = this.#refusals.get(asked.method)
    if (refusal && refusal.times-- > 0) {
      this.#post({ is: 'refusal', id, code: refusal.code, why: refusal.why })
      return
    }
    this.#post({ is: 'reply', id, result: this.#result(asked) })
  }

  #result(asked: Asked): SurfaceRequests[SurfaceMethod][1] {
    switch (asked.method) {
      case 'open':
        return this.#open()
      case 'history':
        return this.#history(asked.params)
      case 'send':
        return this.#send(asked.params)
      case 'edit':
        return this.#change(asked.params.message, { text: asked.params.text, edited: now })
      case 'remove':
        this.#remove(asked.params)
        return { removed: true }
      case 'react':
        this.#react(asked.params)
        return null
      case 'addFile':
        return { hash: `hash of ${asked.params.name}`, size: 3, path: '', ...pick(asked.params) }
      case 'pickFiles':
        return { files: this.picked }
      case 'saveFile':
        return { saved: true }
      case 'image':
        return { data: dot }
      case 'reached':
        return { members: this.reached }
      case 'openPlace':
        return { opened: this.files.includes(asked.params.path) }
      case 'selection':
        return this.selected === null ? null : { text: this.selected }
      default:
        return null
    }
  }

  #open(): Opened {
    const { scroll, firstUnread } = this.opened
    const base = { view: this.view, draft: '', locale: 'en-GB', ...this.opened }
    const latest = this.#history({ limit: 60 })
    const first = latest.messages[0]?.position ?? ''
    const around = scroll?.position ?? (firstUnread !== undefined && firstUnread < first ? firstUnread : undefined)
    if (around === undefined) return { ...base, messages: latest.messages, moreBefore: latest.more, moreAfter: false }
    const at = this.messages.findIndex(({ position }) => position >= around)
    const messages = this.messages.slice(Math.max(0, at - 60), at + 60)
    return { ...base, messages, moreBefore: at > 60, moreAfter: at + 60 < this.messages.length }
  }

  #history({ before, after, from, limit }: SurfaceRequests['history'][0]): SurfaceRequests['history'][1] {
    if (after !== undefined || from !== undefined) {
      const begin = this.messages.findIndex(({ position }) =>
        from === undefined ? position > (after ?? '') : position >= from,
      )
      if (begin < 0) return { messages: [], more: false }
      return { messages: this.messages.slice(begin, begin + limit), more: begin + limit < this.messages.length }
    }
    const found = before === undefined ? -1 : this.messages.findIndex(({ position }) => position >= before)
    const to = found < 0 ? this.messages.length : found
    return { messages: this.messages.slice(Math.max(0, to - limit), to), more: to > limit }
  }

  /** Another message of that id from now on, told at once. */
  #change(id: string, change: Partial<MessageInfo>): MessageInfo {
    const index = this.messages.findIndex(one => one.message === id)
    const changed = { ...(this.messages[index] ?? message(index)), ...change }
    this.messages[index] = changed
    this.tell('messages', [changed])
    return changed
  }

  /** For everybody where one may: as if the person always chose the most. */
  #remove({ message: id, forAll }: SurfaceRequests['remove'][0]): void {
    if (forAll) this.#change(id, { text: '', deleted: true })
    else this.tell('messages', [{ ...this.#change(id, {}), gone: true }])
    if (!forAll) this.messages = this.messages.filter(one => one.message !== id)
  }

  /** Alone: what others have reacted with is given with the message. */
  #react({ message: id, emoji, on }: SurfaceRequests['react'][0]): void {
    const before = this.messages.find(one => one.message === id)?.reactions ?? []
    const users = (before.find(one => one.emoji === emoji)?.users ?? []).filter(user => user !== alice.user)
    const now = { emoji, users: on ? [...users, alice.user] : users, mine: on }
    const others = before.filter(one => one.emoji !== emoji)
    this.#change(id, { reactions: now.users.length > 0 ? [...others, now] : others })
  }

  /** The same id again is the same message, as with the hub. */
  #send({ message: id, text, ...enclosed }: SurfaceRequests['send'][0]): MessageInfo {
    const known = this.messages.find(one => one.message === id)
    if (known) return known
    const number = this.messages.length
    const sent = message(number, {
      ...enclosed,
      message: id,
      text,
      mine: true,
      written: now + number,
      position: positionOf(number),
    })
    this.messages.push(sent)
    this.tell('messages', [sent])
    return sent
  }
}

function pick({ name, type }: SurfaceRequests['addFile'][0]): { name: string; type: string } {
  return { name, type }
}

/** A picture of one green point. */
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg=='
