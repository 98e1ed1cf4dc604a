import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  beatCounter,
  beatKey,
  beatSession,
  beatSize,
  beatStatus,
  beatStatuses,
  encodeBeat,
  isBeat,
  isGenuineBeat,
  lastBeat,
} from '../../../../daemon/src/protocol/heartbeat.ts'

describe('heartbeat', () => {
  const key = beatKey(randomBytes(32))
  const session = randomBytes(8)

  it('carries session, counter and status, proven by the key', () => {
    for (const status of beatStatuses) {
      for (const counter of [1, 2 ** 32, lastBeat]) {
        const bytes = encodeBeat({ session, counter, status }, key)
        assert.equal(bytes.length, beatSize)
        assert.ok(isBeat(bytes))
        assert.equal(beatSession(bytes), session.toString('latin1'))
        assert.equal(beatCounter(bytes), counter)
        assert.equal(beatStatus(bytes), status)
        assert.ok(isGenuineBeat(bytes, key, 'in'))
      }
    }
  })

  it('is no answer, nor an answer a heartbeat', () => {
    const beat = encodeBeat({ session, counter: 7, status: 'online' }, key)
    const answer = encodeBeat({ session, counter: 7, status: undefined }, key)
    assert.equal(beatStatus(answer), undefined)
    assert.ok(isGenuineBeat(answer, key, 'back'))
    assert.ok(!isGenuineBeat(answer, key, 'in'))
    assert.ok(!isGenuineBeat(beat, key, 'back'))
  })

  it('proves nothing with any bit turned, or under another key', () => {
    const bytes = encodeBeat({ session, counter: 7, status: 'busy' }, key)
    for (let bit = 8; bit < beatSize * 8; bit++) {
      const turned = Buffer.from(bytes)
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.ok(!isGenuineBeat(turned, key, 'in'), `bit ${bit}`)
    }
    assert.ok(!isGenuineBeat(bytes, beatKey(randomBytes(32)), 'in'))
  })

  it('is 32 bytes that begin with 0xb1, and nothing else is', () => {
    const bytes = encodeBeat({ session, counter: 1, status: 'online' }, key)
    assert.ok(!isBeat(bytes.subarray(0, 31)))
    assert.ok(!isBeat(Buffer.concat([bytes, Buffer.alloc(1)])))
    assert.ok(!isBeat(Buffer.alloc(32)))
    assert.ok(!isBeat(Buffer.alloc(0)))
  })

  it('is what the vectors say', () => {
    const read = JSON.parse(readFileSync(new URL('../../../vectors/heartbeats.json', import.meta.url), 'utf8'))
    const known = beatKey(Buffer.from(read.key, 'hex'))
    const of = Buffer.from(read.session, 'hex')
    for (const { counter, status, beat, answer } of read.beats) {
      assert.equal(encodeBeat({ session: of, counter, status }, known).toString('hex'), beat)
      assert.equal(encodeBeat({ session: of, counter, status: undefined }, known).toString('hex'), answer)
    }
  })
})
