import type { PeopleChange, PersonInfo } from '../protocol/control.ts'

/** What has changed about people since it was last told: the last of each, so it never holds more than the team. */
export class PeopleNews {
  readonly #rows = new Map<string, PersonInfo>()
  readonly #gone = new Set<string>()
  #latest: PeopleChange | undefined

  add(change: PeopleChange): void {
    for (const person of change.people) {
      this.#rows.set(person.user, person)
      this.#gone.delete(person.user)
    }
    for (const user of change.gone) {
      this.#rows.delete(user)
      this.#gone.add(user)
    }
    this.#latest = change
  }

  /** What has gathered, once; undefined: nothing. */
  take(): PeopleChange | undefined {
    if (!this.#latest) return undefined
    const change = { ...this.#latest, people: [...this.#rows.values()], gone: [...this.#gone] }
    this.#rows.clear()
    this.#gone.clear()
    this.#latest = undefined
    return change
  }
}
