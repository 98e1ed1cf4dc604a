import { asParleyError, ParleyError } from '@parley/daemon/client/basics'
import type { ControlRequests, MessageInfo } from '@parley/daemon/protocol/control'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { addresseeOf } from '../shared/person.ts'
import { type AskedHub, askWhenUp } from '../shared/when-up.ts'
import { readEnclosed } from './enclosed.ts'
import type { UnsentMessage } from './messages.ts'
import { findChat } from './opened.ts'

/** What VS Code keeps for the extension, over windows and restarts: the part of its `Memento` that is needed. */
export interface Memory {
  keys(): readonly string[]
  get(key: string): unknown
  update(key: string, value: unknown): PromiseLike<void>
}

/** A message on its way to the hub. */
export interface Outgoing extends UnsentMessage {
  readonly conversation: string
  /** By what the hub finds the other one. */
  readonly to: string
}

interface Sending {
  readonly outgoing: Outgoing
  readonly sent: Promise<MessageInfo>
  readonly ended: AbortController
}

/**
 * Hands messages to the hub. One that it does not take is kept until it does, or the person drops it, also when the tab
 * in which it was written is closed: it is sent when the hub is back or one has signed in again, whichever window that
 * is in, unless the hub has refused it, and shown where its chat is opened meanwhile. The same id is the same message, so it may be handed over more than once.
 */
export class Outbox implements Disposable {
  readonly #hub: OutboxHub
  readonly #memory: Memory
  readonly #sending = new Map<string, Sending>()
  readonly #ended = new AbortController()
  readonly #listening: readonly Disposable[]
  #isSignedOut: boolean

  constructor(hub: OutboxHub, memory: Memory) {
    this.#hub = hub
    this.#memory = memory
    this.#isSignedOut = isSignedOut(hub)
    this.#listening = [
      hub.onState(({ is }) => {
        if (is === 'up') void this.#sendKept()
        else for (const { outgoing } of this.#sending.values()) this.#keep(outgoing)
      }),
      hub.onAccounts(() => {
        const wasSignedOut = this.#isSignedOut
        this.#isSignedOut = isSignedOut(hub)
        if (wasSignedOut && !this.#isSignedOut) void this.#sendKept()
      }),
    ]
    if (hub.state.is === 'up') void this.#sendKept()
  }

  /** Resolves when the hub has committed it. Rejects with ParleyError when it has not; then it is kept. */
  send(outgoing: Outgoing): Promise<MessageInfo> {
    const running = this.#sending.get(outgoing.message)
    if (running) return running.sent
    const ended = new AbortController()
    const sent = this.#send(outgoing, ended.signal).finally(() => this.#sending.delete(outgoing.message))
    this.#sending.set(outgoing.message, { outgoing, sent, ended })
    return sent
  }

  /** What the hub has not taken of a conversation, in the order in which it was written. */
  unsent(conversation: string): readonly UnsentMessage[] {
    const sending = [...this.#sending.values()].map(({ outgoing }) => outgoing)
    const all = new Map([...this.#kept(), ...sending].map(each => [each.message, each]))
    return [...all.values()]
      .filter(each => each.conversation === conversation)
      .sort(byTime)
      .map(({ conversation: _, to: __, ...unsent }) => unsent)
  }

  /** The person does not want it sent any more. */
  drop(message: string): void {
    this.#sending.get(message)?.ended.abort()
    this.#forget(message)
  }

  dispose(): void {
    for (const each of this.#listening) each.dispose()
    this.#ended.abort()
  }

  async #send(outgoing: Outgoing, signal: AbortSignal): Promise<MessageInfo> {
    // Most are with the hub in a moment: only what has to wait is written down.
    if (this.#hub.state.is !== 'up') this.#keep(outgoing)
    try {
      const sent = await askWhenUp(this.#hub, 'send', asSent(outgoing), signal)
      this.#forget(outgoing.message)
      return sent
    } catch (error) {
      if (!signal.aborted)
        this.#keep(willPass(error) ? outgoing : { ...outgoing, refused: asParleyError(error).message })
      throw error
    }
  }

  async #sendKept(): Promise<void> {
    for (const outgoing of this.#kept()) {
      if (outgoing.refused || this.#sending.has(outgoing.message)) continue
      try {
        // Not to somebody else of that name, in another team.
        const which = { conversation: outgoing.conversation, person: outgoing.to }
        const { conversation } = await findChat(this.#hub, which, this.#ended.signal)
        await this.send({ ...outgoing, to: addresseeOf(conversation) })
      } catch {
        // Stays kept, and its chat says why when it is opened.
      }
    }
  }

  #kept(): readonly Outgoing[] {
    const keys = this.#memory.keys().filter(key => key.startsWith(prefix))
    return keys.flatMap(key => readOutgoing(this.#memory.get(key)) ?? []).sort(byTime)
  }

  #keep(outgoing: Outgoing): void {
    const key = prefix + outgoing.message
    const keys = this.#memory.keys()
    if (!keys.includes(key) && keys.length >= limits.keptMessages) return
    this.#update(key, outgoing)
  }

  #forget(message: string): void {
    const key = prefix + message
    if (this.#memory.get(key) !== undefined) this.#update(key, undefined)
  }

  #update(key: string, value: Outgoing | undefined): void {
    // The page that it was written in keeps it as well.
    this.#memory.update(key, value).then(undefined, () => {})
  }
}

/** A message as the hub takes it. */
function asSent({ to, text, message, replyTo, mentions, files }: Outgoing): ControlRequests['send'][0] {
  return {
    to,
    text,
    message,
    ...(replyTo && { replyTo: { user: replyTo.user, message: replyTo.message } }),
    ...(mentions && { mentions }),
    ...(files && { files: files.map(({ hash }) => hash) }),
  }
}

type OutboxHub = AskedHub & Pick<Hub, 'accounts' | 'onAccounts'>

/** The hub takes nothing then. */
function isSignedOut({ accounts }: OutboxHub): boolean {
  return accounts?.[0]?.state === 'signed-out'
}

/** Whether it is only a matter of time until the hub takes the message. */
function willPass(error: unknown): boolean {
  return error instanceof ParleyError && ['closed', 'not-running', 'timeout', 'signed-out'].includes(error.code)
}

const prefix = 'unsent/'

function byTime(a: Outgoing, b: Outgoing): number {
  return a.written - b.written
}

/** What was kept, perhaps by another version. */
function readOutgoing(kept: unknown): Outgoing | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined
  const { conversation, to, message, text, written, refused, ...more } = kept as Partial<
    Record<keyof Outgoing, unknown>
  >
  if (typeof conversation !== 'string' || typeof to !== 'string' || typeof message !== 'string') return undefined
  if (typeof text !== 'string' || typeof written !== 'number') return undefined
  const enclosed = readEnclosed(more)
  return { conversation, to, message, text, written, ...enclosed, ...(typeof refused === 'string' && { refused }) }
}
