import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { ParleyError } from '../../daemon/src/errors.ts'
import type { MessageInfo, MessageState } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { readDisk } from './disk.ts'
import type { Person } from './team.ts'
import { until } from './wait.ts'

type Talker = Pick<Person, 'name' | 'home' | 'client'>

/** A message that somebody's front end sent, and the furthest that their hub has said of it. */
interface Said {
  readonly author: Talker
  readonly message: string
  readonly text: string
  told: MessageState | undefined
}

/**
 * Keeps a record of what two people were told about their messages, whatever is killed meanwhile, and checks that it
 * was true: nothing acknowledged is lost, nothing is there twice, each author's order is kept, states never go back.
 */
export class Checker {
  readonly #people: readonly [Talker, Talker]
  /** What had been said before, the same for both. */
  readonly #before: ReadonlySet<string>
  readonly #said = new Map<string, Said>()
  /** Sent without an answer so far: sent again under the same id, as front ends do. */
  readonly #unanswered = new Map<Talker, Said[]>()
  readonly #faults: string[] = []

  private constructor(people: readonly [Talker, Talker], before: readonly string[]) {
    this.#people = people
    this.#before = new Set(before)
  }

  /** Begins with two people whose hubs run and who have all that was said before. */
  static async begin(...people: [Talker, Talker]): Promise<Checker> {
    const [before, same] = await Promise.all([everything(...people), everything(people[1], people[0])])
    assertSame('both at the beginning', idsOf(same), idsOf(before))
    const checker = new Checker(people, idsOf(before))
    for (const person of people) await checker.watch(person)
    return checker
  }

  /** Listens to a hub that has been started: what it says from now on counts, and what it says of earlier messages. */
  async watch(person: Talker): Promise<void> {
    const other = this.#other(person)
    person.client.on('messages', ({ messages }) => {
      for (const message of messages) this.#hear(person, message)
    })
    await person.client.request('subscribeMessages', { with: other.name })
    // Page by page as they come: the feed may know better before the last one is there.
    await everything(person, other, message => this.#hear(person, message))
  }

  /**
   * Sends `count` messages at once, in order, or first again what had no answer. Rejects when the hub does not answer
   * all of them.
   */
  async say(person: Talker, count = 1): Promise<void> {
    const again = this.#unanswered.get(person) ?? []
    const burst = again.length > 0 ? again : Array.from({ length: count }, () => this.#next(person))
    const answers = await Promise.allSettled(burst.map(said => this.#send(said)))
    this.#unanswered.set(
      person,
      burst.filter(said => said.told === undefined),
    )
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
  }

  /** Sends one after the other until the hub is gone. */
  async sayUntilKilled(person: Talker, most: number): Promise<void> {
    try {
      for (let count = 0; count < most; count++) await this.say(person)
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }

  /**
   * Looks at the disk of somebody whose hub is dead: what their own hub acknowledged is there, and so is what the other
   * one's hub says they were delivered.
   */
  async checkDisk(person: Talker): Promise<void> {
    const { messages, faults } = await readDisk(person.home)
    for (const fault of faults) this.#faults.push(`on ${person.name}'s disk ${fault}`)
    for (const { author, message, text, told } of this.#said.values()) {
      if (author === person ? told === undefined : told !== 'delivered') continue
      if (!messages.has(message)) this.#faults.push(`${text} is ${told} and not on ${person.name}'s disk`)
      else if (told === 'delivered' && author === person && messages.get(message) !== 'delivered') {
        this.#faults.push(`${text} is delivered and ${messages.get(message)} on ${person.name}'s disk`)
      }
    }
    this.#assertFaultless()
  }

  /** With everything running again: sends what had no answer, waits until all is delivered, and compares. */
  async settle(deadline = 60_000): Promise<void> {
    const [first, second] = this.#people
    for (const person of this.#people) await this.#saySurely(person, deadline)
    for (const person of this.#people) {
      await this.delivered(person, deadline)
    }
    await until('both show the same', async () => (await everything(second, first)).length >= this.#expected, deadline)
    const views = [await everything(first, second), await everything(second, first)] as const
    for (const [index, person] of this.#people.entries()) {
      const view = views[index] ?? []
      for (const message of view) this.#hear(person, message)
      for (const author of this.#people) this.#compare(view, person, author)
    }
    assertSame('the order at both', idsOf(views[1]), idsOf(views[0]))
    for (const { text, told } of this.#said.values()) if (told !== 'delivered') this.#faults.push(`${text} is ${told}`)
    this.#assertFaultless()
  }

  /** Waits until all that `person` has said is delivered. */
  async delivered(person: Talker, deadline = 60_000): Promise<void> {
    // What the mailbox has taken waits no more, and is not delivered yet.
    const isDelivered = () =>
      [...this.#said.values()].every(({ author, told }) => author !== person || told === 'delivered')
    const nothingWaits = async () => (await person.client.request('status', {})).hub?.queued === 0 && isDelivered()
    await until(`all of ${person.name}'s messages are delivered`, nothingWaits, deadline)
  }

  /** How many messages were sent. */
  get count(): number {
    return this.#said.size
  }

  get #expected(): number {
    return this.#before.size + this.#said.size
  }

  #next(author: Talker): Said {
    const text = `${author.name} ${this.#said.size}`
    const said: Said = { author, message: toText(randomBytes(16)), text, told: undefined }
    this.#said.set(said.message, said)
    return said
  }

  async #send({ author, message, text }: Said): Promise<void> {
    this.#hear(author, await author.client.request('send', { to: this.#other(author).name, message, text }))
  }

  #saySurely(person: Talker, deadline: number): Promise<unknown> {
    const isAnswered = () => (this.#unanswered.get(person) ?? []).length === 0
    return until(
      `${person.name}'s hub answers`,
      async () => {
        if (!isAnswered()) await this.say(person).catch(error => assert.ok(isGone(error), error))
        return isAnswered()
      },
      deadline,
    )
  }

  /** A hub says how a message stands. */
  #hear(person: Talker, { message, mine, state, text }: MessageInfo): void {
    const said = this.#said.get(message)
    if (said === undefined) {
      if (!this.#before.has(message)) this.#faults.push(`${person.name} shows "${text}", which nobody sent`)
      return
    }
    if (said.text !== text) this.#faults.push(`${person.name} shows "${text}" instead of "${said.text}"`)
    if (mine !== (said.author === person)) this.#faults.push(`${person.name} takes ${text} for another's`)
    if (!mine) return
    if (said.told === 'delivered' && state !== 'delivered') this.#faults.push(`${text} went back to ${state}`)
    else said.told = state
  }

  #compare(view: readonly MessageInfo[], reader: Talker, author: Talker): void {
    const isNew = ({ message, mine }: MessageInfo) => mine === (reader === author) && !this.#before.has(message)
    const expected = [...this.#said.values()].filter(said => said.author === author)
    const shown = view.filter(isNew).map(({ text }) => text)
    const what = `what ${author.name} said, as ${reader.name} sees it`
    assertSame(
      what,
      shown,
      expected.map(({ text }) => text),
    )
  }

  #other(person: Talker): Talker {
    const [first, second] = this.#people
    return person === first ? second : first
  }

  #assertFaultless(): void {
    assert.deepEqual(this.#faults.slice(0, 20), [], `${this.#faults.length} faults`)
  }
}

/** Whether an error says that the hub went away; anything else is its own fault. */
export function isGone(error: unknown): boolean {
  return error instanceof ParleyError && ['closed', 'not-running', 'timeout'].includes(error.code)
}

/** All that `person` has with `other`, oldest first; `hear` is told of each message as soon as its page comes. */
async function everything(
  person: Talker,
  other: Talker,
  hear: (message: MessageInfo) => void = () => {},
): Promise<MessageInfo[]> {
  const pages: (readonly MessageInfo[])[] = []
  let before: string | undefined
  for (;;) {
    const range = { limit: 500, ...(before === undefined ? {} : { before }) }
    const page = await person.client.request('history', { with: other.name, ...range })
    for (const message of page.messages) hear(message)
    pages.unshift(page.messages)
    before = page.messages[0]?.position
    if (!page.more) return pages.flat()
  }
}

function idsOf(messages: readonly MessageInfo[]): string[] {
  return messages.map(({ message }) => message)
}

/** Fails in few words where two long lists differ. */
function assertSame(what: string, actual: readonly string[], expected: readonly string[]): void {
  const isThere = new Set(actual)
  const lost = expected.filter(text => !isThere.has(text))
  const doubled = actual.filter(text => !isThere.delete(text))
  const at = expected.findIndex((text, index) => text !== actual[index])
  if (at === -1 && actual.length === expected.length) return
  assert.fail(
    `${what}: ${actual.length} instead of ${expected.length}; lost: ${some(lost)}; doubled: ${some(doubled)}; ` +
      `first at ${at}: ${actual[at]} instead of ${expected[at]}`,
  )
}

function some(texts: readonly string[]): string {
  return texts.length === 0 ? 'none' : `${texts.length} (${texts.slice(0, 5).join(', ')})`
}
