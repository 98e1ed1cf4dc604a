import assert from 'node:assert/strict'
import { chatWith } from '../support/editor/chat.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { joinTeam, startTeam } from '../support/editor/newcomer.ts'

const alice = { name: 'Alice', password: 'correct horse battery' }
const bob = { name: 'Bob', password: 'staple correct horse' }

describe('two people in two windows', () => {
  const editors = useEditors()
  let one: Desk
  let other: Desk

  before(async function () {
    this.timeout(240_000)
    const desks = await Promise.all([editors.open('alice'), editors.open('bob')])
    one = desks[0]
    other = desks[1]
    const invite = await startTeam(one, 'Acme', alice)
    await joinTeam(other, invite, bob)
  })

  it('chat: who has joined finds the first chat open, and both read what is said', async () => {
    const bobs = await chatWith(other.window, 'Alice')
    await bobs.say('hello Alice')
    await bobs.stands('hello Alice', 'Delivered')
    await one.window.row(/Bob/).click()
    const alices = await chatWith(one.window, 'Bob')
    await alices.message('hello Alice').waitFor()
    await alices.say('hello Bob')
    await bobs.message('hello Bob').waitFor()
    assert.deepEqual(await bobs.texts(), ['hello Alice', 'hello Bob'])
    assert.deepEqual(await alices.texts(), ['hello Alice', 'hello Bob'])
    await one.window.screenshot('two-people/alice')
    await other.window.screenshot('two-people/bob')
  })
})
