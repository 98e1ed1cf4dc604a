import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { create } from '@bufbuild/protobuf'
import { limits } from '../../../../../daemon/src/limits.ts'
import { fileHash, fromText } from '../../../../../daemon/src/protocol/ids.ts'
import {
  type AskFile,
  AskFileSchema,
  type FilePart,
  FilePartSchema,
} from '../../../../../daemon/src/protocol/parley_pb.ts'
import { rejection } from '../../../../support/errors.ts'
import { chat, type FilesHome, filesHome, linkFiles } from '../../../../support/files.ts'
import { png } from '../../../../support/images.ts'
import { within } from '../../../../support/links.ts'
import { until } from '../../../../support/wait.ts'

/** Ten chunks and a half. */
const size = Math.floor(limits.fileChunk * 10.5)

describe('files between hubs', () => {
  it('come whole, are told of on the way, and are the same', async () => {
    await using alice = await filesHome()
    await using bob = await filesHome()
    await using _link = await linkFiles(alice, bob)
    const bytes = randomBytes(size)
    const sent = await alice.add('plan.pdf', bytes)
    await alice.files.attachment(sent.hash)
    await bob.name(sent)
    const got = await within('the file', bob.fetch(sent))
    assert.deepEqual(got, { ...sent, path: bob.store.file(fileHash(sent.hash)).path })
    assert.deepEqual(await readFile(got.path ?? ''), bytes)
    assert.deepEqual(bob.told.at(-1), { hash: sent.hash, done: size, size, path: got.path })
    assert.equal(bob.came.length, 1)
    await until('the sender is told', () => alice.told.some(({ done }) => done === size))
    assert.deepEqual(await bob.fetch(sent), got)
  })

  it('are as well empty, or of one byte, or of whole chunks', async () => {
    await using alice = await filesHome()
    await using bob = await filesHome()
    await using _link = await linkFiles(alice, bob)
    for (const length of [0, 1, limits.fileChunk, 2 * limits.fileChunk]) {
      const bytes = randomBytes(length)
      const sent = await alice.add('a', bytes)
      await bob.name(sent)
      assert.deepEqual(await readFile((await within('the file', bob.fetch(sent))).path ?? ''), bytes)
    }
  })

  it('wait in words until somebody comes, then come by themselves', async () => {
    await using alice = await filesHome()
    await using bob = await filesHome()
    const sent = await alice.add('a', randomBytes(size))
    await bob.name(sent)
    const fetched = bob.fetch(sent)
    await until('words', () => bob.told.at(-1)?.waiting === 'Nobody who has it is online.')
    await using _link = await linkFiles(alice, bob)
    await within('the file', fetched)
  })

  it('go on where they were cut, after a restart too, with what was right', async () => {
    await using alice = await filesHome()
    await using bob = await filesHome()
    const bytes = randomBytes(size)
    const sent = await alice.add('a', bytes)
    await bob.name(sent)
    const first = await linkFiles(alice, bob)
    let asked = 0
    alice.answers = async (part, { hashes }) => {
      if (!hashes && ++asked > 5) first.cut()
      return part
    }
    const fetched = bob.fetch(sent)
    const told = rejection(fetched, 'closed')
    await until('the cut', () => bob.told.at(-1)?.waiting)
    await bob.restart()
    await told
    await first[Symbol.asyncDispose]()
    // A power cut leaves holes where a chunk was thought to be.
    const part = bob.store.places.filePart(sent.hash)
    const here = await readFile(part)
    const found = [...Array(10).keys()].find(
      chunk => here[chunk * limits.fileChunk] || here[chunk * limits.fileChunk + 1],
    )
    here.fill(0, (found ?? 0) * limits.fileChunk, ((found ?? 0) + 1) * limits.fileChunk)
    await writeFile(part, here)
    alice.answers = answer => answer
    alice.given = 0
    await using _second = await linkFiles(alice, bob)
    const { path: place = '' } = await within('the file', bob.fetch(sent))
    assert.deepEqual(await readFile(place), bytes)
    assert.equal(alice.given < 11, true, `${alice.given} parts were asked for again`)
  })

  it('come from several at once, and from another one when one goes', async () => {
    await using alice = await filesHome()
    await using carol = await filesHome()
    await using bob = await filesHome()
    const bytes = randomBytes(limits.fileChunk * 60)
    const sent = await alice.add('a', bytes)
    await carol.add('other name', bytes)
    await bob.name(sent)
    const one = await linkFiles(alice, bob)
    await using _two = await linkFiles(carol, bob)
    alice.answers = part => {
      if (alice.given === 10) one.cut()
      return part
    }
    await within('the file', bob.fetch(sent))
    assert.deepEqual(await readFile(bob.store.file(fileHash(sent.hash)).path), bytes)
    assert.equal(alice.given >= 10 && carol.given > 10, true)
    await one[Symbol.asyncDispose]()
  })

  it('come in part from those who are fetching them as well, once whoever had them is gone', async () => {
    await using alice = await filesHome()
    await using carol = await filesHome()
    await using bob = await filesHome()
    const bytes = randomBytes(size)
    const sent = await alice.add('a', bytes)
    for (const one of [bob, carol]) await one.name(sent)
    // Each gets a half of it, and no more.
    const half =
      (from: number) =>
      (part: FilePart, { chunk, hashes }: AskFile) => {
        const bits = 0b111111 << from
        const here = Uint8Array.of(bits & 0xff, bits >> 8)
        return hashes || (chunk >= from && chunk < from + 6) ? part : create(FilePartSchema, { here })
      }
    for (const [one, from] of [
      [bob, 0],
      [carol, 5],
    ] as const) {
      alice.answers = half(from)
      await using _link = await linkFiles(alice, one)
      rejection(one.fetch(sent), 'closed').catch(() => {})
      const most = from === 0 ? 6 * limits.fileChunk : size - 5 * limits.fileChunk
      await until('a half', () => one.told.at(-1)?.done === most)
    }
    assert.deepEqual([bob.store.files.size, carol.store.files.size], [0, 0])
    await using _link = await linkFiles(bob, carol)
    for (const one of [bob, carol]) {
      await within('the file', one.fetch(sent))
      assert.deepEqual(await readFile(one.store.file(fileHash(sent.hash)).path), bytes)
    }
  }).timeout(30_000)

  it('are not asked again and again of somebody who has as little of them', async () => {
    await using alice = await filesHome()
    await using carol = await filesHome()
    await using bob = await filesHome()
    const sent = await alice.add('a', randomBytes(size))
    for (const one of [bob, carol]) await one.name(sent)
    alice.answers = (part, { hashes }) => (hashes ? part : new Promise(() => {}))
    await using one = await linkFiles(alice, bob)
    await using two = await linkFiles(alice, carol)
    for (const each of [bob, carol]) rejection(each.fetch(sent), 'closed').catch(() => {})
    await until('both have asked', () => alice.given >= 4)
    one.cut()
    two.cut()
    await using _link = await linkFiles(bob, carol)
    await until('words', () => bob.told.at(-1)?.waiting === 'Nobody who is online has it.')
    assert.equal(bob.given + carol.given <= 2 * limits.fileWindow.most, true, `${bob.given} and ${carol.given}`)
  })

  it('are fetched no more once that is cancelled, and what has come of them goes', async () => {
    await using alice = await filesHome()
    await using bob = await filesHome()
    const sent = await alice.add('a', randomBytes(size))
    await bob.name(sent)
    let asked = 0
    alice.answers = (part, { hashes }) => (hashes || ++asked < 5 ? part : new Promise(() => {}))
    await using _link = await linkFiles(alice, bob)
    const fetched = rejection(bob.fetch(sent), 'closed')
    await until('some of it', () => (bob.told.at(-1)?.done ?? 0) > 0)
    assert.equal((bob.files.info({ ...sent, hash: fileHash(sent.hash) }).coming ?? 0) > 0, true)
    await bob.files.cancelFile({ conversation: chat, hash: sent.hash })
    await fetched
    assert.deepEqual(bob.told.at(-1), { hash: sent.hash, done: 0, size, waiting: 'It was cancelled.' })
    assert.deepEqual(await readdir(bob.store.places.files), [])
    await bob.files.cancelFile({ conversation: chat, hash: sent.hash })
    await bob.restart()
    await using _again = await linkFiles(alice, bob)
    assert.equal(bob.files.info({ ...sent, hash: fileHash(sent.hash) }).coming, undefined)
    alice.answers = part => part
    await within('the file', bob.fetch(sent))
  })

  it('come though one holder says nothing, and another no more than the hashes', async () => {
    await using alice = await filesHome()
    await using carol = await filesHome()
    await using dave = await filesHome()
    await using bob = await filesHome()
    const bytes = randomBytes(limits.fileChunk * 6)
    for (const each of [alice, carol, dave]) await each.add('a', bytes)
    const sent = await alice.add('a', bytes)
    await bob.name(sent)
    alice.answers = () => new Promise(() => {})
    carol.answers = (part, { hashes }) => (hashes ? part : new Promise(() => {}))
    await using _one = await linkFiles(alice, bob)
    await using _two = await linkFiles(carol, bob)
    await using _three = await linkFiles(dave, bob)
    await within('the file', bob.fetch(sent))
    assert.deepEqual([alice.given > 0, carol.given > 1], [true, true])
  }).timeout(30_000)

  for (const [what, lie] of Object.entries<FilesHome['answers']>({
    'altered chunks': (part, { hashes }) => (hashes ? part : alter(part.bytes)),
    'altered hashes': (part, { hashes }) => (hashes ? alter(part.bytes) : part),
    'chunks that are cut': (part, { hashes }) => (hashes ? part : sized(part.bytes, 7)),
    'chunks that are too long': (part, { hashes }) => (hashes ? part : sized(part.bytes, limits.fileChunk + 1)),
    'no bytes': () => sized(new Uint8Array(), 0),
    'half a hash': (part, { hashes }) => (hashes ? sized(part.bytes, 40) : part),
  })) {
    it(`are not taken from somebody who gives ${what}, and come from others`, async () => {
      await using liar = await filesHome()
      await using bob = await filesHome()
      await using carol = await filesHome()
      const bytes = randomBytes(size)
      const sent = await liar.add('a', bytes)
      await carol.add('a', bytes)
      await bob.name(sent)
      liar.answers = lie
      await using _one = await linkFiles(liar, bob)
      const fetched = bob.fetch(sent)
      await until('words', () => bob.told.at(-1)?.waiting?.startsWith('What came was not this file.'))
      assert.equal(
        bob.log.lines.some(({ text }) => text.includes('gave bytes that are not')),
        true,
      )
      await using _two = await linkFiles(carol, bob)
      await within('the file', fetched)
      assert.deepEqual(await readFile(bob.store.file(fileHash(sent.hash)).path), bytes)
    })
  }

  it('are not fetched when they are larger than their message says', async () => {
    await using alice = await filesHome()
    await using bob = await filesHome()
    await using _link = await linkFiles(alice, bob)
    const sent = await alice.add('a', randomBytes(size))
    await bob.name({ ...sent, size: 100 })
    await rejection(within('a refusal', bob.fetch(sent)), 'forged')
    assert.equal(bob.store.files.size, 0)
  })

  it('wait while the disk is full, and while nobody has them', async () => {
    await using alice = await filesHome()
    await using bob = await filesHome()
    await using _link = await linkFiles(alice, bob)
    const sent = await alice.add('a', randomBytes(size))
    await bob.name(sent)
    bob.free = 1000
    void rejection(bob.fetch(sent), 'closed')
    await until('words', () => bob.told.at(-1)?.waiting?.startsWith('There is no room'))
    const lost = await alice.add('b', randomBytes(size))
    await bob.name(lost)
    bob.free = Number.MAX_SAFE_INTEGER
    await rm(alice.store.file(fileHash(lost.hash)).path)
    void rejection(bob.fetch(lost), 'closed')
    await until('words', () => bob.told.at(-1)?.waiting === 'Nobody who is online has it.')
  })

  it('are given to nobody who does not take part, or asks by another conversation or for what none names', async () => {
    await using alice = await filesHome()
    const sent = await alice.add('a', randomBytes(5))
    const link = { signal: new AbortController().signal, room: async () => {} }
    const right = { conversation: fromText(chat), hash: fromText(sent.hash), chunk: 0, hashes: false }
    const ask = (asked: Partial<typeof right>, user = alice.user) =>
      alice.files.answer(create(AskFileSchema, { ...right, ...asked }), { user, link })
    assert.equal((await ask({})).bytes.length, 5)
    assert.equal((await ask({ hashes: true })).bytes.length, 32)
    await rejection(ask({}, alice.stranger), 'no-file')
    await rejection(ask({ chunk: 1 }), 'no-file')
    await rejection(ask({ hash: new Uint8Array(32) }), 'no-file')
    await rejection(ask({ conversation: new Uint8Array(32) }), 'no-file')
    await rejection(ask({ conversation: new Uint8Array(3) }), 'bad-frame')
    await alice.forget(sent)
    await rejection(ask({}), 'no-file')
    await rejection(alice.fetch(sent), 'no-file')
    await rejection(alice.files.saveFile({ conversation: chat, hash: sent.hash, path: '/x' }), 'no-file')
  })

  it('come by themselves after a restart, though nobody asks again', async () => {
    await using alice = await filesHome()
    await using bob = await filesHome()
    const sent = await alice.add('a', randomBytes(size))
    await bob.name(sent)
    const told = rejection(bob.fetch(sent), 'closed')
    await until('words', () => bob.told.at(-1)?.waiting)
    await bob.restart()
    await told
    await using _link = await linkFiles(alice, bob)
    await until('the file', () => bob.store.files.has(fileHash(sent.hash)))
  })

  it('are dropped a day after they were taken in, where no message names them', async () => {
    await using alice = await filesHome()
    const kept = await alice.add('a', randomBytes(5))
    const unsent = await alice.add('b', randomBytes(5))
    await alice.forget(unsent)
    await alice.restart()
    assert.equal((await alice.files.attachment(unsent.hash)).name, 'b')
    alice.ahead = limits.fileUnsent + 60_000
    await alice.restart()
    await until('it is dropped', () => alice.store.files.size === 1)
    await rejection(alice.files.attachment(unsent.hash), 'no-file')
    assert.equal((await alice.files.attachment(kept.hash)).name, 'a')
  })

  it('are images up to a size that come with their message by themselves', async () => {
    await using alice = await filesHome()
    await using bob = await filesHome()
    await using _link = await linkFiles(alice, bob)
    const image = await alice.add('a.png', png(3, 4))
    const text = await alice.add('a.txt', randomBytes(4))
    const shown = async (...files: (typeof image)[]) => {
      for (const file of files) await bob.name(file)
      const rest = { message: 'a', user: 'b', name: 'alice', mine: false, text: '', written: 0, position: '' }
      bob.files.shown([{ conversation: chat, ...rest, files: files.map(({ path: _path, ...file }) => file) }])
    }
    await shown(image, text)
    await until('the image', () => bob.store.files.has(fileHash(image.hash)))
    assert.equal(bob.store.files.size, 1)
  })
})

function alter(bytes: Uint8Array) {
  const altered = Uint8Array.from(bytes)
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1
  return create(FilePartSchema, { bytes: altered })
}

function sized(bytes: Uint8Array, length: number) {
  const other = new Uint8Array(length)
  other.set(bytes.subarray(0, length))
  return create(FilePartSchema, { bytes: other })
}
