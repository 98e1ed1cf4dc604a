import type { Guards, Judgement, Log } from '@parley/kit'
import { limits } from '../limits.ts'
import { within } from './setup.ts'

/** One plugin's guards, and the log that names it. */
export interface Guarding {
  readonly as: string
  readonly guards: Guards
  readonly log: Log
}

/** Why something may not be done. */
export interface Refusal {
  /** The plugin that says so. */
  readonly plugin: string
  readonly why: string
  readonly mayOverride: boolean
}

type Hook = keyof Guards
type Asked<H extends Hook> = Parameters<NonNullable<Guards[H]>>[0]

/**
 * The guards of all plugins as one: asked at once, each with a deadline, so that the slowest one alone is what an event
 * waits for. One that throws or is late refuses, but of `receive` it allows. One that has done so several times in a row
 * rests for a while: meanwhile its answer is the same, but nobody waits for it.
 */
export class Guard {
  readonly #resting: readonly Resting[]
  readonly #signal: AbortSignal
  readonly #deadline: number
  readonly #now: () => number

  constructor(
    guardings: readonly Guarding[],
    signal: AbortSignal,
    options: { readonly deadline?: number; readonly now?: () => number } = {},
  ) {
    this.#resting = guardings.map(guarding => ({ guarding, faults: 0, until: 0 }))
    this.#signal = signal
    this.#deadline = options.deadline ?? limits.guard
    this.#now = options.now ?? (() => performance.now())
  }

  /** Whether anybody guards that at all. */
  has(hook: Hook): boolean {
    return this.#resting.some(({ guarding }) => guarding.guards[hook] !== undefined)
  }

  /** Why not, by the first in the order of the list who refuses; undefined: it may be done. Never throws. */
  async refuses<H extends Hook>(hook: H, asked: Asked<H>): Promise<Refusal | undefined> {
    const all = await Promise.all(this.#resting.map(one => this.#ask(one, hook, asked)))
    // What nobody may override is told before what one may.
    return all.find(refusal => refusal && !refusal.mayOverride) ?? all.find(refusal => refusal !== undefined)
  }

  async #ask<H extends Hook>(one: Resting, hook: H, asked: Asked<H>): Promise<Refusal | undefined> {
    const { as, guards, log } = one.guarding
    const ask = guards[hook] as ((asked: Asked<H>, signal: AbortSignal) => unknown) | undefined
    if (ask === undefined) return undefined
    if (this.#now() < one.until) return unanswered(as, hook)
    const deadline = new AbortController()
    const signal = AbortSignal.any([deadline.signal, this.#signal])
    try {
      const late = () => new Error(`it has not judged within ${this.#deadline} ms`)
      const asking = (async () => ask.call(guards, asked, signal))()
      const judgement = asJudgement(await within(asking, this.#deadline, this.#signal, late))
      one.faults = 0
      if (judgement.is === 'allow') return undefined
      return { plugin: as, why: judgement.why, mayOverride: hook === 'send' && judgement.mayOverride === true }
    } catch (error) {
      one.faults++
      const rests = one.faults >= limits.guardFaults
      if (rests) {
        one.until = this.#now() + limits.guardRest
        one.faults = 0
      }
      log.error(
        { error, guard: hook },
        rests ? 'The guard has failed again, and rests a while' : 'The guard has failed',
      )
      return unanswered(as, hook)
    } finally {
      deadline.abort()
    }
  }
}

interface Resting {
  readonly guarding: Guarding
  faults: number
  /** By the clock of the guard, ms. */
  until: number
}

/** What others sent is not lost through a fault here; everything else stops. */
function unanswered(plugin: string, hook: Hook): Refusal | undefined {
  if (hook === 'receive') return undefined
  return { plugin, why: 'It has failed, and nothing passes unseen; its log says why.', mayOverride: false }
}

function asJudgement(value: unknown): Judgement {
  const judgement = value as Judgement | null | undefined
  if (judgement?.is === 'allow') return judgement
  if (judgement?.is === 'refuse' && typeof judgement.why === 'string' && judgement.why !== '') {
    return { ...judgement, why: judgement.why.slice(0, limits.words) }
  }
  throw new Error('it gave neither { is: "allow" } nor { is: "refuse", why }')
}
