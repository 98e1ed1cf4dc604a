import assert from 'node:assert/strict'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { connect, Home, person } from '../../../../support/conversations.ts'

describe('a home restored from a backup', () => {
  for (const when of ['from before its first message', 'from in between'] as const) {
    it(`${when} fetches its own messages from the other before it seals new ones`, async () => {
      await using alice = await Home.open(person('alice'))
      await using bob = await Home.open(person('bob'))
      let wire = connect(alice, bob)
      const said = Array.from({ length: 30 }, (_, index) => `a ${index}`)
      for (const text of said.slice(0, 10)) await alice.send(bob.person, text)
      await alice.delivered(bob.person)
      const backup = when === 'from in between' ? await copyOf(alice.storage) : openMemoryStorage()
      for (const text of said.slice(10)) await alice.send(bob.person, text)
      await alice.delivered(bob.person)
      await bob.send(alice.person, 'b')
      await bob.delivered(alice.person)
      wire.cut()
      await alice.restart(backup)
      const told: (string | undefined)[] = []
      alice.conversations.watch(({ messages }) => {
        for (const { mine, text, state } of messages) if (mine && text !== 'new') told.push(state)
      })
      await alice.send(bob.person, 'new')
      wire = connect(alice, bob)
      await alice.delivered(bob.person)
      await alice.until('all is back', async () => (await alice.texts(bob.person)).length === 32)
      assert.deepEqual(await bob.texts(alice.person), [...said, 'b', 'new'])
      assert.deepEqual(await alice.texts(bob.person), await bob.texts(alice.person))
      assert.deepEqual([...new Set(told)], ['delivered'], 'what the other brings back never shows as waiting')
      assert.deepEqual(bob.log.lines, [])
      assert.ok((await alice.messages(bob.person)).every(({ mine, state }) => !mine || state === 'delivered'))
    })
  }

  it('whose outbox holds what was delivered since shows it once', async () => {
    await using alice = await Home.open(person('alice'))
    await using bob = await Home.open(person('bob'))
    for (let index = 0; index < 5; index++) await alice.send(bob.person, `queued ${index}`)
    const backup = await copyOf(alice.storage)
    const wire = connect(alice, bob)
    await alice.delivered(bob.person)
    wire.cut()
    await alice.restart(backup)
    connect(alice, bob)
    await alice.delivered(bob.person)
    const expected = [0, 1, 2, 3, 4].map(index => `queued ${index}`)
    assert.deepEqual(await alice.texts(bob.person), expected)
    assert.deepEqual(await bob.texts(alice.person), expected)
  })
})

async function copyOf(storage: Storage): Promise<Storage> {
  const copy = openMemoryStorage()
  for (const prefix of ['conversation/', 'head/', 'ack/', 'log/', 'message/', 'named/', 'outbox/']) {
    const { rows } = await storage.list(prefix, { limit: 1000 })
    if (rows.length > 0) await copy.write(rows.map(([put, value]) => ({ put, value })))
  }
  return copy
}
