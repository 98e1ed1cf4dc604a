import assert from 'node:assert/strict'
import { limits } from '../../../../extension/src/limits.ts'
import { Flood } from '../../../../extension/src/notify/flood.ts'
import { TestClock } from '../../../support/hub-client.ts'

describe('messages to tell of', () => {
  it('are told one by one', async () => {
    const { flood, clock, told } = given()
    for (const each of ['a', 'b', 'c']) flood.take('bob', each)
    await clock.pass(limits.floodTime)
    flood.take('bob', 'd')
    assert.deepEqual(told, ['a', 'b', 'c', 'd'])
  })

  it('are told together when more come at once than one can read', async () => {
    const { flood, clock, told } = given()
    for (let n = 1; n <= 50; n++) flood.take('bob', `${n}`)
    assert.deepEqual(told, ['1', '2', '3'])
    await clock.pass(limits.floodTime)
    assert.deepEqual(told, ['1', '2', '3', '47 up to 50'])
    flood.take('bob', 'later')
    assert.deepEqual(told.at(-1), 'later')
  })

  it('are told by themselves when only one was left over', async () => {
    const { flood, clock, told } = given()
    for (const each of ['a', 'b', 'c', 'd']) flood.take('bob', each)
    await clock.pass(limits.floodTime)
    assert.deepEqual(told, ['a', 'b', 'c', 'd'])
  })

  it('do not hold up those of others', () => {
    const { flood, told } = given()
    for (let n = 0; n < 10; n++) flood.take('bob', 'flood')
    flood.take('carol', 'hello')
    assert.equal(told.at(-1), 'hello')
  })

  it('are told no more once the window goes', async () => {
    const { flood, clock, told } = given()
    for (let n = 0; n < 10; n++) flood.take('bob', 'flood')
    flood.dispose()
    await clock.pass(limits.floodTime)
    assert.equal(told.length, limits.flood)
  })
})

function given() {
  const told: string[] = []
  const clock = new TestClock()
  const flood = new Flood<string>(clock, {
    one: message => void told.push(message),
    many: (count, last) => void told.push(`${count} up to ${last}`),
  })
  return { flood, clock, told }
}
