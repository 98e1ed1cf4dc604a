import type {
  AccountInfo,
  ConversationInfo,
  DeviceInfo,
  HubChange,
  HubSnapshot,
  PeopleChange,
  PeopleSnapshot,
  PersonInfo,
  RequestInfo,
} from '@parley/daemon/protocol/control'

/** What a change was about. */
export interface Told {
  readonly accounts: boolean
  readonly conversations: ReadonlySet<string>
  readonly requests: boolean
  readonly devices: boolean
}

/** Accounts, conversations, and what waits for an answer: a snapshot and the numbered changes since. They stay known while the hub is away. */
export class KnownChats {
  #accounts: readonly AccountInfo[] | undefined
  readonly #conversations = new Map<string, ConversationInfo>()
  #requests: readonly RequestInfo[] = []
  #devices: readonly DeviceInfo[] = []
  /** Of the last change that is in here. */
  #number: number | undefined
  /** Changes that came while no snapshot was there to apply them to. */
  #early: HubChange[] = []

  get accounts(): readonly AccountInfo[] | undefined {
    return this.#accounts
  }

  get conversations(): ReadonlyMap<string, ConversationInfo> {
    return this.#conversations
  }

  get requests(): readonly RequestInfo[] {
    return this.#requests
  }

  /** Those of one's own that wait to be approved. */
  get pendingDevices(): readonly DeviceInfo[] {
    return this.#devices
  }

  /** A snapshot has been asked for; numbers begin anew with it. */
  await(): void {
    this.#number = undefined
    this.#early = []
  }

  /** Replaces everything, and applies what came early. Tells of all conversations, those that have gone as well. */
  take(snapshot: HubSnapshot): { readonly told: Told; readonly hasGap: boolean } {
    const { number, accounts, conversations } = snapshot
    const touched = new Set(this.#conversations.keys())
    this.#conversations.clear()
    for (const each of conversations) this.#conversations.set(each.conversation, each)
    for (const id of this.#conversations.keys()) touched.add(id)
    this.#accounts = accounts
    // A hub of before these were known has none.
    this.#requests = snapshot.requests ?? []
    this.#devices = snapshot.pendingDevices ?? []
    this.#number = number
    const early = this.#early.filter(change => change.number > number)
    this.#early = []
    let hasGap = false
    for (const change of early) {
      const told = this.change(change)
      if (told === 'gap') hasGap = true
      else for (const id of told.conversations) touched.add(id)
    }
    return { told: { accounts: true, conversations: touched, requests: true, devices: true }, hasGap }
  }

  /** Applies a change. `gap`: some before it are missing, so a new snapshot is needed. */
  change(change: HubChange): Told | 'gap' {
    const nothing = { accounts: false, conversations: new Set<string>(), requests: false, devices: false }
    if (this.#number === undefined) {
      this.#early.push(change)
      return nothing
    }
    if (change.number <= this.#number) return nothing
    if (change.number !== this.#number + 1) return 'gap'
    this.#number = change.number
    const { accounts, conversations = [], requests, pendingDevices } = change
    if (accounts) this.#accounts = accounts
    if (requests) this.#requests = requests
    if (pendingDevices) this.#devices = pendingDevices
    for (const each of conversations) this.#conversations.set(each.conversation, each)
    return {
      accounts: accounts !== undefined,
      conversations: new Set(conversations.map(each => each.conversation)),
      requests: requests !== undefined,
      devices: pendingDevices !== undefined,
    }
  }
}

/** The people that the hub lists. */
export class KnownPeople {
  readonly #people = new Map<string, PersonInfo>()
  #online = 0
  #total = 0
  #snapshot: PeopleSnapshot | undefined

  /** Made when it is asked for: in a large team somebody comes or goes all the time. */
  get snapshot(): PeopleSnapshot {
    this.#snapshot ??= { people: [...this.#people.values()], online: this.#online, total: this.#total }
    return this.#snapshot
  }

  take(snapshot: PeopleSnapshot): void {
    this.#people.clear()
    this.change({ ...snapshot, gone: [] })
  }

  change({ people, gone, online, total }: PeopleChange): void {
    for (const user of gone) this.#people.delete(user)
    for (const person of people) this.#people.set(person.user, person)
    this.#online = online
    this.#total = total
    this.#snapshot = undefined
  }
}
