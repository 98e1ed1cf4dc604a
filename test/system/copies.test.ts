import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { locations } from '../../daemon/src/locations.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { Checker } from '../support/checker.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { Person } from '../support/team.ts'
import { Trio } from '../support/trio.ts'
import { until } from '../support/wait.ts'

describe('a copy of a home', function () {
  this.timeout(120_000)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let trio: Trio

  before(async () => {
    folder = await temporaryFolder()
    trio = await Trio.start(folder.path)
  })

  after(async () => {
    await trio?.[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  /** Keeps a copy of a home as it is now; its hub is stopped. */
  const keep = (who: 'alice' | 'bob', as: string) =>
    cp(join(folder.path, who), join(folder.path, as), { recursive: true })

  /** Puts a copy in the place of the home, which is kept under another name. */
  async function swap(who: 'alice' | 'bob', copy: string, aside: string): Promise<void> {
    await rename(join(folder.path, who), join(folder.path, aside))
    await cp(join(folder.path, copy), join(folder.path, who), { recursive: true })
  }

  async function bringBack(who: 'alice' | 'bob', aside: string): Promise<void> {
    await rm(join(folder.path, who), { recursive: true })
    await rename(join(folder.path, aside), join(folder.path, who))
  }

  it('that is old fetches what its device said later before it says more: nothing lost, nothing doubled', async () => {
    const checker = await Checker.begin(trio.alice, trio.bob)
    await checker.say(trio.alice, 5)
    await checker.delivered(trio.alice)
    await trio.alice.stop()
    await keep('alice', 'backup')
    await trio.start('alice')
    await checker.watch(trio.alice)
    await checker.say(trio.alice, 10)
    await checker.say(trio.bob, 5)
    for (const person of [trio.alice, trio.bob]) await checker.delivered(person)
    await trio.alice.kill()

    await swap('alice', 'backup', 'lost')
    await trio.start('alice')
    await checker.watch(trio.alice)
    await checker.say(trio.alice, 3)
    await checker.say(trio.bob, 2)
    await checker.settle()
    assert.deepEqual(await warningsOf(trio.alice), [])
  })

  it('that takes turns with the original loses nothing of either', async () => {
    const earlier = await texts(trio.bob, 'alice')
    await trio.bob.stop()
    await trio.alice.stop()
    await keep('alice', 'copy')
    await trio.start('alice')
    await say(trio.alice, 'bob', ['original 1', 'original 2'])
    await trio.alice.kill()

    await swap('alice', 'copy', 'original')
    await Promise.all([trio.start('alice'), trio.start('bob')])
    await say(trio.alice, 'bob', ['copy 1', 'copy 2'])
    await until('what the copy said is there', async () => (await texts(trio.bob, 'alice')).includes('copy 2'), 30_000)
    await trio.alice.kill()

    await bringBack('alice', 'original')
    await trio.start('alice')
    const whole = [...earlier, 'copy 1', 'copy 2', 'original 1', 'original 2']
    for (const [person, other] of [
      [trio.bob, 'alice'],
      [trio.alice, 'bob'],
    ] as const) {
      await until('all is there', async () => (await texts(person, other)).length >= whole.length, 30_000)
      assert.deepEqual(await texts(person, other), whole)
    }
    assert.deepEqual(await warningsOf(trio.alice), [])
  })

  it('that wrote where the original had written says so; all that either wrote is shown at both', async () => {
    const earlier = await texts(trio.bob, 'alice')
    // Both go back to old copies and write on, never linked to who knows better; then the original bob returns.
    await Promise.all([trio.alice.stop(), trio.bob.stop()])
    await Promise.all([keep('alice', 'old alice'), keep('bob', 'old bob')])
    await Promise.all([trio.start('alice'), trio.start('bob')])
    await say(trio.alice, 'bob', ['one', 'two'])
    await until('all is there', async () => (await texts(trio.bob, 'alice')).includes('two'), 30_000)
    await Promise.all([trio.alice.stop(), trio.bob.stop()])
    await Promise.all([swap('alice', 'old alice', 'new alice'), swap('bob', 'old bob', 'new bob')])
    await Promise.all([trio.start('alice'), trio.start('bob')])
    await say(trio.alice, 'bob', ['three'])
    await until('all is there', async () => (await texts(trio.bob, 'alice')).includes('three'), 30_000)
    await trio.bob.stop()

    await bringBack('bob', 'new bob')
    await trio.start('bob')
    await say(trio.alice, 'bob', ['after the fork'])
    await until('it is logged', async () => /written on from two states/.test(await logOf(trio.alice)), 30_000)
    await say(trio.bob, 'alice', ['from the original bob'])
    await until('alice has it', async () => (await texts(trio.alice, 'bob')).includes('from the original bob'), 30_000)
    const whole = [...earlier, 'one', 'two', 'three', 'after the fork', 'from the original bob']
    for (const [person, other] of [
      [trio.bob, 'alice'],
      [trio.alice, 'bob'],
    ] as const) {
      await until('all is there', async () => (await texts(person, other)).length >= whole.length, 30_000)
      assert.deepEqual(await texts(person, other), whole)
    }
  })
})

async function say(person: Person, to: string, what: readonly string[]): Promise<void> {
  for (const text of what) await person.client.request('send', { to, text, message: toText(randomBytes(16)) })
}

async function texts(person: Person, other: string): Promise<string[]> {
  const { messages } = await person.client.request('history', { with: other, limit: 100 })
  return messages.map(({ text }) => text)
}

function logOf(person: Person): Promise<string> {
  return readFile(locations(person.home).hubLog, 'utf8')
}

async function warningsOf(person: Person): Promise<readonly string[]> {
  return (await person.client.request('status', {})).hub?.warnings ?? []
}
