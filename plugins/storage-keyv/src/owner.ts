import { setTimeout as pause } from 'node:timers/promises'
import type { StorageError } from '@parley/kit'
import type { Calls } from './calls.ts'
import { damaged, newer, TakenError } from './errors.ts'
import { limits } from './limits.ts'
import type { Names } from './names.ts'

/** The row about the store itself. */
interface About {
  /** Of what stands in the store; this program writes 1. */
  readonly layout: number
  /** Who uses it; empty when nobody does. */
  readonly owner: string
  /** Raised at each opening. Entries of the journal with another one are what came late from an earlier life. */
  readonly epoch: number
  /** Up to which entry of the journal all is in its rows. */
  readonly applied: number
  /** Another one at each writing, so that who watches sees life. */
  readonly beat: number
}

export interface OwnerOptions {
  readonly calls: Calls
  readonly names: Names
  /** Who this is. Whoever has the same one has proof, such as the lock of a home, that the other one is gone. */
  readonly me: string
  readonly signal: AbortSignal
}

/**
 * The right to use the store alone: what is in it is known from memory, so a second process would neither see nor be
 * seen. A keyv store cannot compare and set, so this is a sign of life that each looks at, no lock: two that come in the
 * same instant are told apart a moment later.
 */
export class Owner {
  readonly #options: OwnerOptions
  #about: About
  /** As it was written last. */
  #written = ''
  #heard = performance.now()
  #turn: Promise<void> = Promise.resolve()
  #ended: StorageError | undefined

  /** Takes the store unless somebody else is alive. @throws StorageError, TakenError */
  static async take(options: OwnerOptions): Promise<Owner> {
    const { calls, names, me } = options
    let found = await calls.get(names.about)
    if (found !== undefined && ![me, ''].includes(read(found, calls.store).owner)) {
      found = await waitUntilFree(found, options)
    }
    const about = found === undefined ? first : read(found, calls.store)
    const owner = new Owner(options, about)
    await owner.#write({ ...about, owner: me })
    return owner
  }

  private constructor(options: OwnerOptions, about: About) {
    this.#options = options
    this.#about = about
  }

  get epoch(): number {
    return this.#about.epoch
  }

  get applied(): number {
    return this.#about.applied
  }

  /** From now on the journal is another one; the old one has been applied. */
  begin(): Promise<void> {
    return this.#update({ epoch: this.#about.epoch + 1, applied: 0 })
  }

  /** Says that this one is alive, and how far it is. @throws TakenError when somebody else has taken the store */
  beat(applied: number): Promise<void> {
    return this.#update({ applied })
  }

  /** Looks after a long silence whether the store is still this one's: others may have taken it for dead. */
  async ensure(applied: number): Promise<void> {
    if (performance.now() - this.#heard > limits.silence / 2) await this.beat(applied)
  }

  release(applied: number): Promise<void> {
    return this.#update({ applied, owner: '' })
  }

  /** What is on its way does not go on: somebody else, or this one anew, owns the store. */
  end(error: StorageError): void {
    this.#ended ??= error
  }

  /** One after the other. */
  #update(change: Partial<About>): Promise<void> {
    const { calls, names } = this.#options
    const updating = this.#turn.then(async () => {
      this.#refuseEnded()
      const found = await calls.get(names.about)
      this.#refuseEnded()
      if (found !== this.#written) throw calls.failWith(new TakenError(calls.store))
      await this.#write({ ...this.#about, ...change })
    })
    this.#turn = updating.catch(() => {})
    return updating
  }

  #refuseEnded(): void {
    if (this.#ended) throw this.#ended
  }

  async #write(about: About): Promise<void> {
    const { calls, names } = this.#options
    const since = performance.now()
    this.#about = { ...about, beat: about.beat + 1 + Math.floor(Math.random() * 1000) }
    this.#written = JSON.stringify(this.#about)
    await calls.setMany([{ key: names.about, value: this.#written }])
    this.#heard = since
  }
}

const first: About = { layout: 1, owner: '', epoch: 0, applied: 0, beat: 0 }

/** @throws TakenError when the other one is alive */
async function waitUntilFree(
  found: string,
  { calls, names, signal }: Pick<OwnerOptions, 'calls' | 'names' | 'signal'>,
): Promise<string | undefined> {
  const since = performance.now()
  while (performance.now() - since < limits.silence) {
    await pause(limits.look, undefined, { signal })
    const now = await calls.get(names.about)
    if (now === undefined || read(now, calls.store).owner === '') return now
    if (now !== found) throw new TakenError(calls.store)
  }
  return found
}

function read(text: string, store: string): About {
  try {
    const { layout, owner, epoch, applied, beat }: Partial<About> = JSON.parse(text)
    if (typeof layout === 'number' && layout > 1) throw newer(store)
    const numbers = [layout, epoch, applied, beat].every(Number.isSafeInteger)
    if (numbers && typeof owner === 'string') return { ...first, ...JSON.parse(text) }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw damaged(store, 'what it says about itself cannot be read')
}
