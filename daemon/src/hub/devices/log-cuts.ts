import { randomBytes } from 'node:crypto'
import type { Log } from '@parley/kit'
import { asParleyError } from '../../errors.ts'
import { type ConversationId, deviceId, messageId, type UserId } from '../../protocol/ids.ts'
import { idOfKey } from '../../protocol/keys.ts'
import { type ActBody, encodeAct, kindOf } from '../../protocol/membership-bodies.ts'
import type { AccountStore } from '../accounts.ts'
import type { Conversations } from '../conversations/conversations.ts'

export interface LogCutsParts {
  readonly store: Pick<AccountStore, 'current' | 'save'>
  readonly conversations: Pick<Conversations, 'list' | 'rooms' | 'membersOf' | 'headsOf' | 'enact'>
  readonly user: UserId
  /** Synchronised time in ms. */
  readonly now: () => number
  readonly log: Log
}

/**
 * Cuts the logs of devices that were revoked here: in every conversation of the account an entry says which of theirs were
 * the last that count. Which devices those are is kept until all is written, through any stop.
 */
export class LogCuts {
  readonly #parts: LogCutsParts
  #making: Promise<void> = Promise.resolve()

  constructor(parts: LogCutsParts) {
    this.#parts = parts
  }

  /** Writes the cuts that are missing; what cannot be written now is written after the next start. */
  make(): Promise<void> {
    this.#making = this.#making.then(() => this.#make())
    return this.#making
  }

  async #make(): Promise<void> {
    const { store, log } = this.#parts
    for (const key of store.current?.cutting ?? []) {
      const device = deviceId(idOfKey(key))
      try {
        // One that was noted and never revoked is listed still.
        const isRevoked = store.current?.listed.revoked.has(device) === true
        if (isRevoked) for (const conversation of this.#conversations()) await this.#cut(conversation, key)
        await this.#forget(key)
        if (isRevoked) log.info({ device }, 'Nothing that the revoked device writes counts any more.')
      } catch (error) {
        const { code, message } = asParleyError(error)
        log.error({ code, device }, `The logs of a revoked device could not be cut; it is tried again: ${message}`)
      }
    }
  }

  /** Those in which one takes part. */
  #conversations(): ConversationId[] {
    const { conversations, user } = this.#parts
    const all = [...conversations.list(), ...conversations.rooms()].map(({ conversation }) => conversation)
    return all.filter(conversation => conversations.membersOf(conversation)?.users.has(user))
  }

  async #cut(conversation: ConversationId, key: Uint8Array): Promise<void> {
    const { conversations, now } = this.#parts
    const device = deviceId(idOfKey(key))
    if ((conversations.membersOf(conversation)?.cutsOf(device).length ?? 0) > 0) return
    const heads = conversations.headsOf(conversation).get(device) ?? []
    const cut = heads.map(({ seq, hash }) => ({ device, seq, hash }))
    const body: ActBody = { is: 'revocation', device, key, cut }
    const act = messageId(randomBytes(16))
    await conversations.enact(conversation, kindOf(body) ?? 0, encodeAct(body, act, Math.floor(now())))
  }

  async #forget(key: Uint8Array): Promise<void> {
    const { store } = this.#parts
    const account = store.current
    if (!account) return
    const cutting = account.cutting.filter(other => Buffer.compare(other, key) !== 0)
    await store.save(account.registry, { cutting: cutting.map(each => new Uint8Array(each)) })
  }
}
