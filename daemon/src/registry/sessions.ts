import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import type { Link } from '../net/link.ts'
import type { DeviceId, UserId } from '../protocol/ids.ts'
import { SessionEndedSchema } from '../protocol/parley_pb.ts'
import type { Account } from './accounts.ts'
import type { DeviceStatus, Presence } from './presence.ts'
import type { Published } from './published.ts'

/** A device that is signed in over a link. */
export interface Session {
  /** 8 random bytes. */
  readonly id: Uint8Array
  readonly account: Account
  readonly device: DeviceId
  readonly link: Link
  published?: Published
}

/** Who is signed in: at most one session for each device. */
export class Sessions {
  readonly #byDevice = new Map<DeviceId, Session>()
  readonly #byUser = new Map<UserId, Set<Session>>()
  readonly #presence: Presence

  constructor(presence: Presence) {
    this.#presence = presence
  }

  get count(): number {
    return this.#byDevice.size
  }

  /** Everybody who is signed in. */
  *accounts(): Generator<Account> {
    for (const sessions of this.#byUser.values()) for (const { account } of [...sessions].slice(0, 1)) yield account
  }

  all(): Iterable<Session> {
    return this.#byDevice.values()
  }

  of(user: UserId): Iterable<Session> {
    return this.#byUser.get(user) ?? []
  }

  /** Begins a session. The one that the device had ends: its link is told, and closed. */
  begin(account: Account, device: DeviceId, link: Link, status: DeviceStatus): Session {
    const old = this.#byDevice.get(device)
    const session: Session = { id: new Uint8Array(randomBytes(8)), account, device, link }
    this.#presence.up(account.user, device, status)
    this.#byDevice.set(device, session)
    const sessions = this.#byUser.get(account.user) ?? new Set()
    this.#byUser.set(account.user, sessions.add(session))
    if (old) this.#replace(old)
    return session
  }

  /** How the device of a session stands from now on. */
  says({ account, device }: Session, status: DeviceStatus): void {
    this.#presence.says(account.user, device, status)
  }

  /** Ends a session that has signed out: the person leaves at once. */
  signOut(session: Session): void {
    if (this.#remove(session)) this.#presence.left(session.account.user, session.device)
  }

  /** Ends a session whose link is gone: it may be back in a moment. Does nothing for one that was replaced. */
  dropped(session: Session): void {
    if (this.#remove(session)) this.#presence.dropped(session.account.user, session.device)
  }

  #replace(old: Session): void {
    this.#byUser.get(old.account.user)?.delete(old)
    const message = 'This device has signed in over another connection, so this one has ended.'
    const ended = create(SessionEndedSchema, { code: 'conflict', message })
    old.link.send({ case: 'sessionEnded', value: ended }).catch(() => {}) // it may be dead already
    old.link.close('conflict', message)
  }

  #remove(session: Session): boolean {
    if (this.#byDevice.get(session.device) !== session) return false
    this.#byDevice.delete(session.device)
    const sessions = this.#byUser.get(session.account.user)
    sessions?.delete(session)
    if (sessions?.size === 0) this.#byUser.delete(session.account.user)
    return true
  }
}
