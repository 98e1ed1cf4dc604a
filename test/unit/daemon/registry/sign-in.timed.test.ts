import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import type { Auth } from '@parley/kit'
import { client as opaque } from '@serenity-kit/opaque'
import { limits } from '../../../../daemon/src/limits.ts'
import { SignInSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { encodeOpaqueFinish } from '../../../../daemon/src/protocol/sign-in-binding.ts'
import { continueWith, joined, type Member, meet, signIn, startSignIn } from '../../../support/member.ts'
import { median, rankScore } from '../../../support/ranks.ts'
import { passwordAuth, registryMemory, startTestRegistry } from '../../../support/registry.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })
const samples = 400
/** Before the code is warm, times tell of the compiler. */
const warmUp = 40

/** How long the registry takes over a sign-in with a wrong password: the first answer, and both together. In ms. */
async function guess(by: Member, name: string): Promise<{ first: number; whole: number }> {
  const { startLoginRequest } = opaque.startLogin({ password: 'a guess' })
  const first = new Uint8Array(Buffer.from(startLoginRequest, 'base64url'))
  const finish = encodeOpaqueFinish(new Uint8Array(64).fill(1), new Uint8Array(32))
  const began = performance.now()
  await by.ask({ case: 'signIn', value: create(SignInSchema, { name, mechanism: 'opaque', first }) }, 'challenge')
  const challenged = performance.now()
  await assert.rejects(by.ask(continueWith(finish), 'challenge'), code('wrong-credentials'))
  return { first: challenged - began, whole: performance.now() - began }
}

/** Guesses at alice, whom the registry knows, and at a name that nobody has, in turns; the clock outruns the throttle. */
async function interleaved(slower: (auth: Auth) => Auth) {
  let now = Date.now()
  const memory = registryMemory()
  await using at = await startTestRegistry({ memory, now: () => now, auths: [slower(await passwordAuth(memory))] })
  await using alice = await joined(at, 'alice')
  await using mallory = await meet(at)
  const known = { first: [] as number[], whole: [] as number[] }
  const unknown = { first: [] as number[], whole: [] as number[] }
  for (let sample = -warmUp; sample < samples; sample++) {
    const turns = [
      ['alice', known],
      ['bobby', unknown],
    ] as const
    for (const [name, times] of sample % 2 === 0 ? turns : turns.toReversed()) {
      now += limits.guessMemory
      const { first, whole } = await guess(mallory, name)
      if (sample < 0) continue
      times.first.push(first)
      times.whole.push(whole)
    }
    // One link takes so many frames before a sign-in.
    if (sample % 100 === 0) await mallory.dial()
  }
  alice.link.close()
  return { known, unknown }
}

/** The registry's half, made longer for the names that it knows. */
function delayed(auth: Auth, ms: number): Auth {
  return {
    ...auth,
    signIn: exchange => {
      const until = performance.now() + (exchange.credential ? ms : 0)
      while (performance.now() < until);
      return auth.signIn(exchange)
    },
  }
}

describe('the time of a sign-in', () => {
  it('does not tell whether somebody has the name', async function () {
    this.timeout(60_000)
    const { known, unknown } = await interleaved(auth => auth)
    const scores = { first: rankScore(known.first, unknown.first), whole: rankScore(known.whole, unknown.whole) }
    const shown = (times: number[]) => `${median(times).toFixed(3)} ms`
    console.log(
      `      medians of ${samples} each: known ${shown(known.first)}, unknown ${shown(unknown.first)}; ` +
        `both steps ${shown(known.whole)}, ${shown(unknown.whole)}; scores ${scores.first.toFixed(2)}, ${scores.whole.toFixed(2)}`,
    )
    for (const score of Object.values(scores)) assert.ok(Math.abs(score) < 4, `a score of ${score.toFixed(2)}`)
  })

  it('would, if the registry took half a millisecond longer for a name that it knows', async function () {
    this.timeout(60_000)
    const { known, unknown } = await interleaved(auth => delayed(auth, 0.5))
    assert.ok(rankScore(known.first, unknown.first) > 4)
    assert.ok(rankScore(known.whole, unknown.whole) > 4)
  })

  it('is the usual one on a known device while others guess at the account from many addresses', async function () {
    if (process.platform !== 'linux') this.skip()
    this.timeout(60_000)
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    const whole = async () => {
      await alice.dial()
      const began = performance.now()
      assert.ok(await signIn(alice))
      return performance.now() - began
    }
    const quiet: number[] = []
    for (let time = 0; time < 30; time++) quiet.push(await whole())
    const attackers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => meet(at, { localAddress: `127.0.7.${1 + n}` })),
    )
    let [isOver, refused] = [false, 0]
    const attacks = attackers.map(async attacker => {
      while (!isOver) {
        await startSignIn(attacker, 'a guess', 'alice').catch(() => refused++)
        await new Promise(resolve => setTimeout(resolve, 5))
        if (refused % 50 === 49) await attacker.dial()
      }
    })
    const besieged: number[] = []
    for (let time = 0; time < 30; time++) besieged.push(await whole())
    isOver = true
    await Promise.all(attacks)
    for (const attacker of attackers) attacker.link.close()
    console.log(
      `      alice signs in in ${median(quiet).toFixed(1)} ms, in ${median(besieged).toFixed(1)} ms while ${refused} guesses are refused`,
    )
    assert.ok(refused > 100, 'the others were slowed')
    assert.ok(median(besieged) < Math.max(100, 10 * median(quiet)), `${median(besieged).toFixed(1)} ms`)
  })
})
