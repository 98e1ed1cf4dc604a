import assert from 'node:assert/strict'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import {
  challenge,
  eventFrame,
  framesOf,
  gone,
  linkPair,
  numbered,
  numberOf,
  openPort,
  ping,
  rawClient,
  requestFrame,
  search,
  testLog,
  textOf,
  within,
} from '../../../support/links.ts'

describe('a link', () => {
  it('carries requests, replies and events both ways at once', async () => {
    await using pair = await linkPair()
    const heard: number[] = []
    const all = Promise.withResolvers<void>()
    for (const link of [pair.near, pair.far]) {
      link.handle({
        request: is => challenge(is.case === 'search' ? `found ${is.value.query}` : ''),
        event: is => {
          if (heard.push(numberOf(is)) === 4) all.resolve()
        },
      })
    }
    await Promise.all([pair.near.send(numbered(1)), pair.far.send(numbered(2))])
    const replies = await Promise.all([pair.near.request(search('ann')), pair.far.request(search('bob'))])
    assert.deepEqual(replies.map(textOf), ['found ann', 'found bob'])
    await Promise.all([pair.near.send(numbered(3)), pair.far.send(numbered(4))])
    await within('four events', all.promise)
    assert.deepEqual(heard.toSorted(), [1, 2, 3, 4])
  })

  it('pairs each reply with its request, in whatever order they are answered', async () => {
    await using pair = await linkPair()
    const waiting: (() => void)[] = []
    pair.far.handle({
      request: async is => {
        await new Promise<void>(resolve => {
          waiting.push(resolve)
          if (waiting.length === 3) for (const answer of waiting.toReversed()) answer()
        })
        return challenge(is.case === 'search' ? is.value.query : '')
      },
    })
    const replies = await Promise.all(['a', 'b', 'c'].map(text => pair.near.request(search(text))))
    assert.deepEqual(replies.map(textOf), ['a', 'b', 'c'])
  })

  it('keeps what comes before there is a handler, but not the replies', async () => {
    await using pair = await linkPair()
    pair.far.handle({ request: () => challenge('welcome') })
    await pair.far.send(numbered(1))
    await pair.far.send(numbered(2))
    assert.equal(textOf(await pair.near.request(search('hello'))), 'welcome')
    const heard: number[] = []
    const request = pair.far.request(search('later'))
    pair.near.handle({ event: is => void heard.push(numberOf(is)), request: () => challenge(`after ${heard}`) })
    assert.equal(textOf(await request), 'after 1,2')
  })

  it('hands on errors in their own words, but none of a fault inside', async () => {
    const log = testLog()
    await using pair = await linkPair({ log })
    pair.far.handle({
      request: is => {
        if (is.case === 'search')
          throw new ParleyError('throttled', 'Too often. Wait a minute.', { retryAfter: 60_000 })
        throw new Error('password of the database')
      },
    })
    const known = { code: 'throttled', message: 'Too often. Wait a minute.', retryAfter: 60_000 }
    await assert.rejects(pair.near.request(search('x')), known)
    const renew = pair.near.request({ case: 'renew', value: { $typeName: 'parley.v1.Renew' } })
    await assert.rejects(renew, error => {
      assert.ok(error instanceof ParleyError && error.code === 'internal')
      assert.doesNotMatch(error.message, /password/)
      return true
    })
    assert.ok(log.lines.some(({ text }) => text === 'a handler failed'))
  })

  it('tells any time to wait, as near as the wire can', async () => {
    await using pair = await linkPair()
    pair.far.handle({
      request: is => {
        const retryAfter = is.case === 'search' && is.value.query === 'long' ? 1e12 : 0.5
        throw new ParleyError('throttled', 'Too often.', { retryAfter })
      },
    })
    await assert.rejects(pair.near.request(search('short')), { code: 'throttled', retryAfter: 1 })
    await assert.rejects(pair.near.request(search('long')), { code: 'throttled', retryAfter: 2 ** 32 - 1 })
  })

  it('answers "unsupported" to what it does not know, and ignores unknown events', async () => {
    await using open = await openPort(link => link.handle({ request: () => ({ case: undefined }) }))
    const socket = await rawClient(open.at, { identity: await createIdentity() })
    const frames = framesOf(socket)
    socket.write(requestFrame(1, { case: undefined }))
    socket.write(eventFrame({ case: undefined }))
    socket.write(Buffer.from('0000000708032203f20100', 'hex')) // an event of the unknown kind 30
    socket.write(requestFrame(2, search('x')))
    for (const id of [1, 2]) {
      const frame = await frames.next()
      assert.equal(frame.id, id)
      assert.equal(frame.is.case === 'failure' && frame.is.value.code, 'unsupported')
    }
    socket.destroy()
  })

  it('gives up a request at its deadline, or when it is aborted, and takes no late reply for another', async () => {
    await using pair = await linkPair()
    const answers: (() => void)[] = []
    pair.far.handle({
      request: is =>
        new Promise(resolve => answers.push(() => resolve(challenge(is.case === 'search' ? is.value.query : '')))),
    })
    await assert.rejects(pair.near.request(search('slow'), { timeout: 30 }), { code: 'timeout' })
    const abort = new AbortController()
    const aborted = pair.near.request(search('unwanted'), { signal: abort.signal })
    abort.abort(new Error('no longer wanted'))
    await assert.rejects(aborted, /no longer wanted/)
    const third = pair.near.request(search('third'))
    while (answers.length < 3) await new Promise(resolve => setImmediate(resolve))
    for (const answer of answers) answer()
    assert.equal(textOf(await third), 'third')
  })

  it('has at most so many requests in flight; further ones wait for their turn', async () => {
    await using pair = await linkPair({ limits: { requestsInFlight: 4 } })
    let now = 0
    let most = 0
    pair.far.handle({
      request: async is => {
        most = Math.max(most, ++now)
        await new Promise(resolve => setImmediate(resolve))
        now--
        return challenge(is.case === 'search' ? is.value.query : '')
      },
    })
    const texts = Array.from({ length: 50 }, (_, index) => String(index))
    const replies = await Promise.all(texts.map(text => pair.near.request(search(text))))
    assert.deepEqual(replies.map(textOf), texts)
    assert.equal(most, 4)
  })

  it('answers "busy" to who asks more at once than allowed', async () => {
    const asked: string[] = []
    await using open = await openPort(
      link => {
        link.handle({
          request: is => {
            asked.push(is.case === 'search' ? is.value.query : '')
            return new Promise(() => {})
          },
        })
      },
      { limits: { requestsInFlight: 64 } },
    )
    const socket = await rawClient(open.at, { identity: await createIdentity() })
    const frames = framesOf(socket)
    for (let id = 1; id <= 65; id++) socket.write(requestFrame(id, search(String(id))))
    const frame = await frames.next()
    assert.equal(frame.id, 65)
    assert.equal(frame.is.case === 'failure' && frame.is.value.code, 'busy')
    assert.equal(asked.length, 64)
    socket.write(requestFrame(66, ping))
    assert.equal((await frames.next()).is.case, 'reply', 'a ping is answered all the same')
    socket.destroy()
  })

  it('takes only so many frames of a stranger, pings among them, and any number of others', async () => {
    await using open = await openPort(() => {}, { limits: { framesBeforeSignIn: 100 } })
    const pings = (count: number) => Buffer.concat(Array(count).fill(requestFrame(7, ping)))
    const calm = await rawClient(open.at, { identity: await createIdentity() })
    const frames = framesOf(calm)
    calm.write(pings(100))
    for (let count = 0; count < 100; count++) assert.equal((await frames.next()).is.case, 'reply')
    const flooding = await rawClient(open.at, { identity: await createIdentity() })
    flooding.write(pings(101))
    await gone(flooding, 3_000)
    calm.destroy()
    await using pair = await linkPair({ limits: { framesBeforeSignIn: 100 } })
    for (let count = 0; count < 300; count++) await pair.near.request(ping)
  })

  it('sends what is sent in one tick in one write', async () => {
    await using open = await openPort(link => {
      link.handle({
        request: () => {
          for (let number = 1; number <= 100; number++) void link.send(numbered(number))
          return challenge('')
        },
      })
    })
    const socket = await rawClient(open.at, { identity: await createIdentity() })
    let reads = 0
    socket.on('data', () => reads++)
    const frames = framesOf(socket)
    socket.write(requestFrame(1, search('')))
    for (let number = 1; number <= 101; number++) await frames.next()
    assert.ok(reads <= 2, `101 frames came in ${reads} TLS records`)
    socket.destroy()
  })
})

describe('the end of a link', () => {
  it('comes after what was sent before it', async () => {
    await using pair = await linkPair()
    const heard: number[] = []
    pair.near.handle({ event: is => void heard.push(numberOf(is)) })
    for (let number = 0; number < 1_000; number++) void pair.far.send(numbered(number, 100))
    pair.far.close('signed-out', 'Signed out.')
    assert.deepEqual(await pair.far.closed, { code: 'signed-out', message: 'Signed out.' })
    assert.equal((await within('the other end', pair.near.closed)).code, 'closed')
    assert.equal(heard.length, 1_000)
  })

  it('fails what is under way and all that is tried later, aborts the signal, and names the reason', async () => {
    await using pair = await linkPair()
    pair.far.handle({ request: () => new Promise(() => {}) })
    const { signal } = pair.near
    const pending = pair.near.request(search('x'))
    pair.near.close('stranger', 'Not known here.')
    const reason = { code: 'stranger', message: 'Not known here.' }
    await assert.rejects(pending, reason)
    await assert.rejects(pair.near.request(search('y')), reason)
    await assert.rejects(pair.near.send(numbered(1)), reason)
    assert.throws(() => pair.near.exportKeyingMaterial(32, 'EXPORTER-x'), reason)
    assert.equal(signal.aborted && signal.reason.code, 'stranger')
    assert.equal(pair.near.signal.aborted, true)
    pair.near.close('internal', 'A second reason changes nothing.')
    assert.deepEqual(await pair.near.closed, reason)
    await within('the far end', pair.far.closed)
  })

  it('ends no process by rejections that nobody looks at', async () => {
    await using pair = await linkPair()
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.prependListener('unhandledRejection', note)
    void pair.near.request(search('x'))
    pair.near.close()
    void pair.near.request(search('y'))
    void pair.near.send(numbered(1))
    await within('the far end', pair.far.closed)
    process.off('unhandledRejection', note)
    assert.deepEqual(unhandled, [])
  })

  it('is brought about by an event whose handler fails', async () => {
    for (const failure of [() => Promise.reject(new Error('disk')), () => assert.fail('disk')]) {
      await using pair = await linkPair()
      pair.far.handle({ event: failure })
      await pair.near.send(numbered(1))
      const { code, message } = await within('the end', pair.far.closed)
      assert.equal(code, 'internal')
      assert.doesNotMatch(message, /disk/)
    }
  })

  it('comes when the other side is silent even when asked for a sign of life', async () => {
    const taken = Promise.withResolvers<Link>()
    await using open = await openPort(taken.resolve, { limits: { ping: 60 } })
    const socket = await rawClient(open.at, { identity: await createIdentity() })
    const link = await taken.promise
    link.established()
    const frames = framesOf(socket)
    const { is } = await frames.next()
    assert.equal(is.case === 'request' && is.value.is.case, 'ping')
    assert.equal((await within('the end', link.closed)).code, 'timeout')
    await gone(socket)
  })

  it('does not come while both are idle but alive', async () => {
    await using pair = await linkPair({ limits: { ping: 40 } })
    let isClosed = false
    void pair.far.closed.then(() => {
      isClosed = true
    })
    // Another link of the same port whose other side answers no ping tells when silence would have ended this one too.
    await using other = await linkPair({ limits: { ping: 40 } })
    const taken = Promise.withResolvers<Link>()
    await using open = await openPort(taken.resolve, { limits: { ping: 120 } })
    const silent = await rawClient(open.at, { identity: await createIdentity() })
    await within('the silent one', (await taken.promise).closed)
    await gone(silent)
    assert.equal(isClosed, false)
    assert.equal(other.near.signal.aborted, false)
  })
})

describe('a frame', () => {
  for (const [kind, bytes] of [
    ['longer than allowed', Buffer.from([0, 1, 0, 1])],
    ['that is no frame', Buffer.from([0, 0, 0, 2, 0x12, 0x7f])],
  ] as const) {
    it(`${kind} closes the link and is counted`, async () => {
      const taken = Promise.withResolvers<Link>()
      await using open = await openPort(taken.resolve)
      const socket = await rawClient(open.at, { identity: await createIdentity() })
      socket.write(bytes)
      await gone(socket)
      assert.equal((await (await taken.promise).closed).code, 'bad-frame')
      assert.equal(open.port.counts.badFrames, 1)
    })
  }

  it('may be larger after sign-in', async () => {
    const heard: number[] = []
    await using pair = await linkPair()
    pair.far.handle({ event: is => void heard.push(numberOf(is)), request: () => challenge('') })
    await pair.near.send(numbered(1, 1_000_000))
    await pair.near.request(search(''))
    assert.deepEqual(heard, [1])
    await assert.rejects(pair.near.send(numbered(2, 1_100_000)), { code: 'bad-message' })
    assert.equal(pair.near.signal.aborted, false)
  })
})
