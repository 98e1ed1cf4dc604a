import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { type ErrorCode, ParleyError } from '../errors.ts'
import type { Closed, Link } from '../net/link.ts'
import type { DeviceId, UserId } from '../protocol/ids.ts'
import { SessionEndedSchema } from '../protocol/parley_pb.ts'
import type { Account } from './accounts.ts'
import type { DeviceStatus, Presence } from './presence.ts'
import type { Published } from './published.ts'

/** A device that is signed in over a link. */
export interface Session {
  /** 8 random bytes. */
  readonly id: Uint8Array
  /** As it is now. */
  account: Account
  readonly device: DeviceId
  readonly link: Link
  /** The device waits to be approved: it is nobody's yet, and nobody sees it. */
  isPending: boolean
  /** The person has shown the password for this session. */
  readonly hasShownPassword: boolean
  /** How the device said that it stands; of a pending one, until it is approved. */
  status: DeviceStatus
  published?: Published
}

/** Told who is gone. `dropped`: its link is, and it may be back in a moment; `left`: a device, or a user with all theirs. */
export type Left = (
  gone: { readonly how: 'dropped'; readonly who: DeviceId } | { readonly how: 'left'; readonly who: UserId | DeviceId },
) => void

/** Whether a device is here though its link is gone: it shows other signs of life. */
export type GoesOn = (session: Session, why: Closed) => boolean

/** What a session begins with. */
export type NewSession = Omit<Session, 'id' | 'published'>

/** Who is signed in: at most one session for each device. */
export class Sessions {
  /** Counts the changes of accounts: a sign-in that has read rows before one of them must read again. */
  revision = 0
  readonly #byDevice = new Map<DeviceId, Session>()
  readonly #byUser = new Map<UserId, Set<Session>>()
  readonly #pending = new Map<UserId, Set<Session>>()
  readonly #barred = new Map<UserId | DeviceId, ParleyError>()
  readonly #left = new Set<Left>()
  readonly #goesOn: GoesOn
  readonly #presence: Presence

  constructor(presence: Presence, goesOn: GoesOn = () => false) {
    this.#presence = presence
    this.#goesOn = goesOn
  }

  get count(): number {
    return this.#byDevice.size
  }

  /** Everybody who is signed in with a device of theirs. */
  *accounts(): Generator<Account> {
    for (const sessions of this.#byUser.values()) for (const { account } of [...sessions].slice(0, 1)) yield account
  }

  /** Those of pending devices included. */
  all(): Iterable<Session> {
    return this.#byDevice.values()
  }

  /** The sessions of somebody's devices, without pending ones. */
  of(user: UserId): Iterable<Session> {
    return this.#byUser.get(user) ?? []
  }

  /** The sessions of an account, those of pending devices included. */
  allOf(user: UserId): readonly Session[] {
    return [...(this.#byUser.get(user) ?? []), ...(this.#pending.get(user) ?? [])]
  }

  ofDevice(device: DeviceId): Session | undefined {
    return this.#byDevice.get(device)
  }

  /**
   * Begins a session. The one that the device had ends: its link is told, and closed.
   * @throws ParleyError as given to {@link bar}
   */
  begin(begun: NewSession): Session {
    const { account, device } = begun
    const barred = this.#barred.get(account.user) ?? this.#barred.get(device)
    if (barred) throw barred
    const old = this.#byDevice.get(device)
    const session: Session = { id: new Uint8Array(randomBytes(8)), ...begun }
    this.#byDevice.set(device, session)
    this.#add(session)
    if (old) this.#replace(old)
    return session
  }

  /** Calls `left` whenever somebody is gone from here, until the returned function is called. */
  onLeft(left: Left): () => void {
    this.#left.add(left)
    return () => this.#left.delete(left)
  }

  /** The account has changed: its sessions speak of what it is from now on. */
  changed(account: Account): void {
    this.revision++
    for (const session of this.allOf(account.user)) session.account = account
  }

  /** The device of a pending session was approved: people see it from now on. */
  approve(session: Session): void {
    if (!session.isPending || this.#byDevice.get(session.device) !== session) return
    forget(this.#pending, session)
    session.isPending = false
    this.#add(session)
  }

  /** Ends a session from the registry's side: its link is told why, and closed. */
  end(session: Session, code: ErrorCode, message: string): void {
    this.signOut(session)
    hangUp(session.link, code, message)
  }

  /** A device without a session may not be here by any other sign of life either, nor have what it got in one. */
  forget(device: DeviceId): void {
    if (this.#byDevice.has(device)) return
    for (const left of this.#left) left({ how: 'left', who: device })
  }

  /** How the device of a session stands from now on. */
  says(session: Session, status: DeviceStatus): void {
    session.status = status
    if (!session.isPending) this.#presence.says(session.account.user, session.device, status)
  }

  /** Ends a session that has signed out: the person leaves at once. */
  signOut(session: Session): void {
    if (!this.#remove(session)) return
    if (!session.isPending) this.#presence.left(session.account.user, session.device)
    for (const left of this.#left) left({ how: 'left', who: session.device })
  }

  /** Ends a session whose link is gone: it may be back in a moment. Does nothing for one that was replaced. */
  dropped(session: Session, why: Closed): void {
    if (!this.#remove(session)) return
    if (!this.#goesOn(session, why) && !session.isPending) this.#presence.dropped(session.account.user, session.device)
    for (const left of this.#left) left({ how: 'dropped', who: session.device })
  }

  /**
   * Ends every session of a user or a device, and lets none begin until {@link admit}: not even one whose sign-in was
   * judged a moment before storage said otherwise.
   */
  bar(who: UserId | DeviceId, code: ErrorCode, message: string): void {
    this.#barred.set(who, new ParleyError(code, message))
    for (const left of this.#left) left({ how: 'left', who })
    for (const session of [...this.all()]) {
      if (session.account.user === who || session.device === who) this.end(session, code, message)
    }
  }

  admit(who: UserId | DeviceId): void {
    this.#barred.delete(who)
  }

  #add(session: Session): void {
    const { account, device, status, isPending } = session
    const sessions = isPending ? this.#pending : this.#byUser
    if (!isPending) this.#presence.up(account.user, device, status)
    sessions.set(account.user, (sessions.get(account.user) ?? new Set()).add(session))
  }

  /** The same device goes on in another session, maybe of another account. */
  #replace(old: Session): void {
    forget(old.isPending ? this.#pending : this.#byUser, old)
    const next = this.#byDevice.get(old.device)
    const goesOn = next?.account.user === old.account.user && !next.isPending
    if (!old.isPending && !goesOn) this.#presence.left(old.account.user, old.device)
    hangUp(old.link, 'conflict', 'This device has signed in over another connection, so this one has ended.')
  }

  #remove(session: Session): boolean {
    if (this.#byDevice.get(session.device) !== session) return false
    this.#byDevice.delete(session.device)
    forget(session.isPending ? this.#pending : this.#byUser, session)
    return true
  }
}

function forget(sessions: Map<UserId, Set<Session>>, session: Session): void {
  const { user } = session.account
  const ofUser = sessions.get(user)
  ofUser?.delete(session)
  if (ofUser?.size === 0) sessions.delete(user)
}

function hangUp(link: Link, code: ErrorCode, message: string): void {
  link.send({ case: 'sessionEnded', value: create(SessionEndedSchema, { code, message }) }).catch(() => {}) // it may be dead already
  link.close(code, message)
}
