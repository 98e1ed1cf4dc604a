import type { Holding } from './holdings.ts'
import type { Deed, Said } from './record.ts'
import type { Line, Reference } from './reference.ts'

/**
 * What people were told is there: nothing that was acknowledged is lost, what one said stands in the order in which one
 * said it, and what one has replaced or deleted is not shown. `waiting`: what may still wait for its place.
 */
export function judgePromises(
  said: readonly Said[],
  reference: Reference,
  whole: Holding,
  waiting: ReadonlySet<string>,
): string[] {
  const promises = new Promises(said, reference, whole, waiting)
  return [...promises.lost(), ...promises.disordered(), ...promises.replaced()]
}

class Promises {
  readonly #said: readonly Said[]
  readonly #lines: ReadonlyMap<string, Line>
  readonly #ids: ReadonlySet<string>
  readonly #waiting: ReadonlySet<string>
  readonly #unsettled: ReadonlySet<string>

  constructor(said: readonly Said[], { lines, unsettled }: Reference, whole: Holding, waiting: ReadonlySet<string>) {
    this.#said = said
    this.#waiting = waiting
    this.#unsettled = unsettled
    this.#lines = new Map(lines.map(line => [`${line.user} ${line.message}`, line]))
    const ids = [...whole.entries.values()].flatMap(({ said: is }) => (is ? [is.message] : []))
    this.#ids = new Set([...ids, ...whole.acts.keys()])
  }

  lost(): string[] {
    const faults: string[] = []
    for (const said of this.#said) {
      if (said.acknowledged === undefined || said.mayBeLost) continue
      if (this.#isKept(said) || this.#isMoot(said)) continue
      faults.push(`${wordsOf(said)} was acknowledged and is lost`)
    }
    return faults
  }

  /**
   * What one station sent one after the other stands in that order. What was taken back before it left, and waits again in an
   * older copy of the home, which knows nothing of that, is sent anew: behind all that the copy finds sent meanwhile.
   */
  disordered(): string[] {
    const last = new Map<string, { said: Said; position: string }>()
    const faults: string[] = []
    for (const said of this.#said) {
      const line = said.deed.is === 'text' ? this.#lines.get(`${said.by.person.user} ${said.id}`) : undefined
      if (line === undefined || said.acknowledged === undefined || this.#isBroughtBack(said)) continue
      const key = `${said.by.name} ${said.life}`
      const before = last.get(key)
      // Only what was acknowledged before this one was sent has to stand before it.
      if (before && (before.said.acknowledged ?? 0) < said.issued && before.position > line.position)
        faults.push(`${wordsOf(said)} stands before ${wordsOf(before.said)}, which was sent earlier`)
      last.set(key, { said, position: line.position })
    }
    return faults
  }

  /** A text that its author has replaced or deleted since is not shown. */
  replaced(): string[] {
    const faults: string[] = []
    for (const said of this.#said) {
      const { deed } = said
      // What has an entry of its own counts or not as the reference says, and what waits shows only where it does.
      if (said.acknowledged === undefined || said.mayBeLost || this.#isKept(said)) continue
      if (deed.is !== 'edit' && deed.is !== 'deletion') continue
      const name = `${deed.of.user} ${deed.of.message}`
      const line = this.#lines.get(name)
      if (line === undefined || line.kind !== 'message' || this.#unsettled.has(name)) continue
      const shown = this.#said.find(each => each !== said && isVersion(each, name) && textOf(each.deed) === line.text)
      // Whoever runs twice, or was put back, may have sent the one before from there.
      if (shown?.by !== said.by || shown.life !== said.life) continue
      if (deed.is === 'deletion' || (shown.acknowledged ?? Number.POSITIVE_INFINITY) < said.issued)
        faults.push(`${wordsOf(shown)} is shown, which ${wordsOf(said)} has replaced`)
    }
    return faults
  }

  /** It changed what waited: so it is part of that, or of what has changed that since. */
  #isWithinText(deed: Deed & { is: 'edit' }, line: Line): boolean {
    return this.#said.some(each => isEditOf(each, deed) && textOf(each.deed) === line.text)
  }

  /** It was deleted where no disk knows of that any more. */
  #isBroughtBack({ id }: Said): boolean {
    return this.#said.some(({ deed, mayBeLost }) => deed.is === 'deletion' && deed.of.message === id && mayBeLost)
  }

  #isKept({ id }: Said): boolean {
    return this.#ids.has(id) || this.#waiting.has(id)
  }

  /** Whether nothing need be left of it: what it was about is gone, or it went into what it was about before that left. */
  #isMoot({ by, deed, id }: Said): boolean {
    if (deed.is === 'membership') return false
    if (deed.is === 'text') {
      const isTakenBack = this.#said.some(({ deed: other }) => other.is === 'deletion' && other.of.message === id)
      return isTakenBack || this.#lines.has(`${by.person.user} ${id}`)
    }
    const line = this.#lines.get(`${deed.of.user} ${deed.of.message}`)
    if (line === undefined || line.kind === 'deleted') return true
    if (deed.is === 'edit') return this.#isWithinText(deed, line)
    if (deed.is === 'deletion') return false
    return this.#said.some(each => each.by.person.user === by.person.user && isLikeReaction(each.deed, deed))
  }
}

function isVersion({ by, id, deed }: Said, name: string): boolean {
  if (deed.is === 'text') return `${by.person.user} ${id}` === name
  return deed.is === 'edit' && `${deed.of.user} ${deed.of.message}` === name
}

function isEditOf({ deed }: Said, of: Deed & { is: 'edit' }): boolean {
  return deed.is === 'edit' && deed.of.message === of.of.message
}

function isLikeReaction(other: Deed, deed: Deed & { is: 'reaction' }): boolean {
  const isOther = other !== deed && other.is === 'reaction'
  return isOther && other.emoji === deed.emoji && other.of.message === deed.of.message
}

function textOf(deed: Deed): string | undefined {
  return deed.is === 'text' || deed.is === 'edit' ? deed.text : undefined
}

function wordsOf({ by, deed, issued }: Said): string {
  const text = textOf(deed) ?? (deed.is === 'membership' ? deed.what : deed.is)
  return `"${text}" (${deed.is} ${issued} at ${by.name})`
}
