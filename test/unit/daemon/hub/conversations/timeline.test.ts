import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { entryPlaceOf } from '../../../../../daemon/src/hub/conversations/keys.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import type { Content, Deed, MessageName, Said } from '../../../../../daemon/src/protocol/bodies.ts'
import { EventRowSchema } from '../../../../../daemon/src/protocol/hub_rows_pb.ts'
import { fileHash, type MessageId, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { type Person, person } from '../../../../support/conversations.ts'
import { conversation, Screen, type Sealed, sealed } from '../../../../support/timeline.ts'

const alice = person('alice')
const bob = person('bob')

describe('the timeline', () => {
  it('shows an edited message as it was edited last, whichever edit comes first', async () => {
    const hello = sealed(alice, text('hello'), 1, 1000)
    const first = sealed(alice, edit(hello, 'hullo'), 2, 2000)
    const second = sealed(alice, edit(hello, 'hi'), 3, 3000)
    for (const order of [
      [hello, first, second],
      [second, first, hello],
      [first, hello, second],
    ]) {
      const screen = new Screen(bob)
      for (const entry of order) await screen.count(entry)
      assert.deepEqual(await screen.texts(), ['hi'])
      assert.equal(screen.row.lastLine, 'hi')
      assert.equal((await screen.shown())[0]?.edited, 3000)
    }
  })

  it('forgets the words of a deleted message and of its edits, and keeps that it was there', async () => {
    const screen = new Screen(bob)
    const hello = sealed(alice, text('a secret'), 1, 1000)
    const edited = sealed(alice, edit(hello, 'another secret'), 2, 2000)
    const late = sealed(alice, edit(hello, 'a late secret'), 3, 2500)
    await screen.count(hello, edited, sealed(bob, reaction(hello, '👍'), 1, 2200))
    assert.equal(screen.row.unread, 1n)
    await screen.count(sealed(alice, deletion(hello), 4, 3000))
    await screen.count(late)
    assert.deepEqual(await screen.texts(), ['(deleted)'])
    assert.doesNotMatch(await screen.words(), /secret/)
    assert.equal(screen.row.unread, 0n)
    assert.equal(screen.row.lastLine, 'Message deleted')
    assert.equal(screen.told[0]?.content.deleted, true)
  })

  it('forgets every word of a deleted message, however much was done with it', async () => {
    const screen = new Screen(bob)
    const hello = sealed(alice, text('a secret'), 1, 1000)
    const deeds = Array.from({ length: limits.droppedAbouts + 20 }, (_, index) =>
      sealed(bob, reaction(hello, String.fromCodePoint(0x1f600 + (index % 60))), index + 1, 2000 + index),
    )
    await screen.count(hello)
    for (let from = 0; from < deeds.length; from += 50) await screen.count(...deeds.slice(from, from + 50))
    await screen.count(sealed(alice, edit(hello, 'another secret'), 2, 9000))
    await screen.count(sealed(alice, deletion(hello), 3, 9500))
    assert.doesNotMatch(await screen.words(), /secret/)
  })

  it('shows a message as deleted whose words never came, as whoever had them does', async () => {
    const hello = sealed(alice, text('gone'), 1, 1000)
    const gone = sealed(alice, deletion(hello), 2, 3000)
    const had = new Screen(bob)
    await had.count(hello)
    await had.count(gone)
    for (const order of [
      [{ ...hello, isBare: true }, gone],
      [gone, { ...hello, isBare: true }],
    ]) {
      const never = new Screen(bob)
      for (const entry of order) await never.count(entry)
      assert.deepEqual(await never.shown(), await had.shown())
      assert.equal(never.row.shown, 1n)
    }
  })

  it('shows nothing of a text that came without words and was not deleted', async () => {
    const screen = new Screen(bob)
    await screen.count({ ...sealed(alice, text('void'), 1, 1000), isBare: true })
    assert.deepEqual(await screen.shown(), [])
  })

  it('takes nobody’s word that somebody else has deleted an entry of a third one', async () => {
    const screen = new Screen(bob)
    const hello = { ...sealed(alice, text('x'), 1, 1000), isBare: true }
    const lie = { user: bob.user, message: messageId(randomBytes(16)) }
    const places = [entryPlaceOf(hello.position)]
    await screen.count(sealed(bob, { ...about(), act: { is: 'deletion', target: lie, entries: places } }, 1, 900))
    await screen.count(hello)
    assert.deepEqual(await screen.shown(), [])
  })

  it('shows a message that was sealed twice once, where it was sealed first', async () => {
    const said = text('once')
    const [late, early] = [sealed(alice, said, 5, 2000), sealed(alice, said, 1, 1000)]
    const between = sealed(bob, text('between'), 1, 1500)
    const screen = new Screen(bob)
    await screen.count(late)
    await screen.count(between)
    await screen.count(early)
    assert.deepEqual(await screen.texts(), ['once', 'between'])
    assert.equal(screen.row.shown, 2n)
    assert.equal(screen.row.unread, 1n)
    assert.equal(screen.row.lastLine, 'between')
    await screen.count(sealed(alice, deletion(early), 6, 3000))
    assert.deepEqual(await screen.texts(), ['(deleted)', 'between'])
    assert.doesNotMatch(await screen.words(), /once/)
  })

  it('shows what was deleted where the deletion says that it was, also to whoever had it elsewhere first', async () => {
    const said = text('of the copy too')
    const [early, late] = [sealed(alice, said, 1, 1000), sealed(alice, said, 5, 2000)]
    const again = sealed(alice, said, 2, 1500)
    const between = sealed(bob, text('between'), 1, 1800)
    const gone = sealed(alice, deletion(late), 6, 3000)
    const bare = { ...early, isBare: true }
    for (const order of [
      [early, late, again, between, gone],
      [gone, between, early, late, again],
      [early, gone, again, late, between],
      [early, again, gone, between, { ...late, isBare: true }],
      [between, bare, { ...late, isBare: true }, gone, { ...again, isBare: true }],
    ]) {
      const screen = new Screen(bob)
      for (const entry of order) await screen.count(entry)
      assert.deepEqual(await screen.texts(), ['between', '(deleted)'])
      assert.equal(screen.row.shown, 2n)
      assert.doesNotMatch(await screen.words(), /copy/)
      const together = new Screen(bob)
      await together.count(...order)
      assert.deepEqual(await together.shown(), await screen.shown())
    }
  })

  it('shows where it was sealed first what is deleted no longer', async () => {
    const said = text('back again')
    const [early, late] = [sealed(alice, said, 1, 1000), sealed(alice, said, 5, 2000)]
    const gone = sealed(alice, deletion(late), 6, 3000)
    const [screen, never] = [new Screen(bob), new Screen(bob)]
    await never.count(early, late)
    for (const entry of [early, late, gone]) await screen.count(entry)
    await screen.withdraw(gone)
    await screen.fill(early, late)
    assert.deepEqual(await screen.shown(), await never.shown())
  })

  it('keeps but some of the places of what was sealed again and again, the first of all among them', async () => {
    const said = text('again')
    const copies = Array.from({ length: limits.copies + 10 }, (_, index) =>
      sealed(alice, said, index + 1, 1000 + index),
    )
    const screen = new Screen(bob)
    await screen.count(...copies.toReversed())
    assert.deepEqual(
      (await screen.shown()).map(({ position }) => position),
      [copies[0]?.position],
    )
    assert.equal(screen.row.shown, 1n)
    assert.equal(screen.row.unread, 1n)
  })

  it('keeps of somebody’s reactions to a message the latest only, in any order', async () => {
    const hello = sealed(alice, text('hello'), 1, 1000)
    const emoji = Array.from({ length: limits.reactionsOfPerson + 3 }, (_, index) =>
      String.fromCodePoint(0x1f600 + index),
    )
    const entries = emoji.map((each, index) => sealed(bob, reaction(hello, each), index + 1, 2000 + index))
    for (const order of [entries, entries.toReversed()]) {
      const screen = new Screen(alice)
      await screen.count(hello, ...order)
      const [shown] = await screen.shown()
      assert.deepEqual(
        shown?.reactions?.map(each => each.emoji),
        emoji.slice(3),
      )
    }
  })

  it('shows what is queued at once, and the same once it is sealed', async () => {
    const screen = new Screen(alice)
    const hello = sealed(bob, text('hello'), 1, 1000)
    await screen.count(hello)
    const like = reaction(hello, '👍')
    await screen.say(like)
    await screen.say(like)
    assert.equal(screen.row.queued, 1)
    assert.deepEqual((await screen.shown())[0]?.reactions, [{ user: alice.user, emoji: '👍' }])
    await screen.count(sealed(alice, like, 1, 2000))
    assert.equal(screen.row.queued, 0)
    assert.deepEqual((await screen.shown())[0]?.reactions, [{ user: alice.user, emoji: '👍' }])
    assert.equal(await screen.rows('outbox/'), 0)
  })

  it('shows one’s own edit that waits until it is sealed, over all that comes meanwhile', async () => {
    const screen = new Screen(alice)
    const hello = sealed(alice, text('one'), 1, 1000)
    await screen.count(hello)
    const wish = edit(hello, 'three')
    await screen.say(wish)
    await screen.count(sealed(alice, edit(hello, 'two'), 2, 5000))
    assert.deepEqual(await screen.texts(), ['three'])
    await screen.count(sealed(alice, wish, 3, 4000))
    // Sealed before the other one by its own clock, it does not count.
    assert.deepEqual(await screen.texts(), ['two'])
  })

  it('shows what was said again once a deletion that waited does not count any more', async () => {
    const screen = new Screen(bob)
    const hello = sealed(alice, text('hello'), 1, 1000)
    await screen.count(hello)
    const wish = deletion(hello)
    await screen.say(wish)
    assert.deepEqual(await screen.texts(), ['(deleted)'])
    await screen.giveUp(sealed(bob, wish, 1, 2000))
    assert.equal(screen.row.queued, 0)
    assert.equal(await screen.rows('outbox/'), 0)
    assert.equal(await screen.fill(hello), 1)
    assert.deepEqual(await screen.texts(), ['hello'])
  })

  it('edits what waits where it waits, and takes it back without a trace', async () => {
    const screen = new Screen(alice)
    const draft = text('hello bbo')
    await screen.say(draft)
    const name = { user: alice.user, message: draft.message }
    await screen.say({ ...about(), act: { is: 'edit', target: draft.message, text: 'hello bob' } })
    assert.equal(screen.row.queued, 1)
    assert.equal(screen.row.lastLine, 'hello bob')
    await screen.say({ ...about(), act: { is: 'deletion', target: name, entries: [] } })
    assert.equal(screen.row.queued, 0)
    assert.equal(screen.row.lastLine, '')
    assert.equal(await screen.rows('outbox/'), 0)
    assert.equal(screen.told[0]?.isGone, true)
    await screen.say(draft)
    assert.equal(screen.row.queued, 0, 'the same message again is the same message')
  })

  it('drops a message here alone, for good', async () => {
    const screen = new Screen(bob)
    const said = text('hide me')
    const hello = sealed(alice, said, 1, 1000)
    await screen.count(sealed(bob, text('before'), 1, 500), hello)
    await screen.drop(nameOf(hello))
    await screen.count(sealed(alice, said, 2, 2000))
    await screen.count(sealed(alice, edit(hello, 'seen?'), 3, 3000))
    assert.deepEqual(await screen.texts(), ['before'])
    assert.equal(screen.row.lastLine, 'before')
    assert.equal(screen.row.unread, 0n)
    assert.doesNotMatch(await screen.words(), /hide me|seen/)
  })

  it('counts a line that tells what happened once, be it told otherwise later', async () => {
    const screen = new Screen(bob)
    const at = sealed(alice, text('told'), 1, 1000)
    for (const name of ['carol', 'dora', 'dora']) await screen.tell(at, create(EventRowSchema, { is: 'joined', name }))
    assert.deepEqual(
      (await screen.shown()).map(({ event }) => event?.name),
      ['dora'],
    )
    assert.equal(screen.row.shown, 1n)
  })

  it('notes which files are named, as long as they are', async () => {
    const screen = new Screen(bob)
    const file = { hash: fileHash(new Uint8Array(32).fill(1)), name: 'plan.pdf', size: 3, type: 'application/pdf' }
    const hello = sealed(alice, { ...text(''), files: [file] }, 1, 1000)
    await screen.count(hello)
    assert.equal(await screen.rows(`file/${file.hash}/${conversation}/`), 1)
    assert.equal(screen.row.lastLine, 'plan.pdf')
    await screen.count(sealed(alice, deletion(hello), 2, 2000))
    assert.equal(await screen.rows('file/'), 0)
  })

  it('shows what it would without an entry that counts no longer', async () => {
    const screen = new Screen(bob)
    const hello = sealed(alice, text('one'), 1, 1000)
    const edits = ['two', 'three'].map((to, index) => sealed(alice, edit(hello, to), 2 + index, 2000 + index))
    const other = sealed(alice, text('other'), 4, 4000)
    await screen.count(hello, ...edits, other)
    const [first, second] = edits
    if (!first || !second) assert.fail()
    await screen.withdraw(second)
    assert.deepEqual(await screen.texts(), ['two', 'other'])
    await screen.withdraw(first)
    assert.deepEqual(await screen.texts(), ['one', 'other'])
    await screen.withdraw(other)
    assert.deepEqual(await screen.texts(), ['one'])
    assert.equal(screen.row.lastLine, 'one')
    assert.equal(screen.row.unread, 1n)
    await screen.count(second, other)
    assert.deepEqual(await screen.texts(), ['three', 'other'])
  })

  it('is the same for every order in which the same entries come', async function () {
    this.timeout(60_000)
    const scene = makeScene()
    const reference = await show([scene])
    assert.ok(reference.rows.length > 3)
    const numbers = scene.map((_, index) => index)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(numbers, { minLength: scene.length }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: scene.length, maxLength: scene.length }),
        async (order, sizes) => assert.deepEqual(await show(cut(pick(scene, order), sizes)), reference),
      ),
      { numRuns: 150 },
    )
  })

  it('is, once entries are withdrawn and what was deleted is brought, what it had been without them', async function () {
    this.timeout(60_000)
    const scene = makeScene()
    const numbers = scene.map((_, index) => index)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(numbers, { minLength: scene.length }),
        fc.subarray(numbers),
        async (order, gone) => {
          const screen = new Screen(bob)
          for (const entry of pick(scene, order)) await screen.count(entry)
          for (const entry of pick(scene, gone)) await screen.withdraw(entry)
          const rest = scene.filter((_, index) => !gone.includes(index))
          await screen.fill(...rest)
          assert.deepEqual(await state(screen), await show([rest]))
        },
      ),
      { numRuns: 100 },
    )
  })
})

function pick<Item>(items: readonly Item[], numbers: readonly number[]): Item[] {
  return numbers.flatMap(number => items[number] ?? [])
}

/** Messages of two people, sealed once or twice, and everything that is done with them. */
function makeScene(): Sealed[] {
  const entries: Sealed[] = []
  const next = new Map<Person, number>()
  const add = (author: Person, said: Said, at = 1000 + 10 * entries.length) => {
    const seq = (next.get(author) ?? 0) + 1
    next.set(author, seq)
    const entry = sealed(author, said, seq, at)
    entries.push(entry)
    return entry
  }
  const twice = text('said twice')
  const hello = add(alice, text('hello'))
  const again = add(alice, twice)
  const answer = add(bob, { ...text('answer'), replyTo: nameOf(hello) })
  add(alice, edit(hello, 'hullo'))
  add(alice, edit(hello, 'same time, one'), 5000)
  add(alice, edit(hello, 'same time, two'), 5000)
  add(alice, twice)
  const gone = add(alice, text('to be deleted'))
  add(alice, edit(gone, 'edited, then deleted'))
  add(bob, reaction(gone, '🙈'))
  add(alice, deletion(gone))
  for (const emoji of ['👍', '🎉']) for (const author of [alice, bob]) add(author, reaction(answer, emoji))
  add(bob, { ...about(), act: { ...reactionDeed(answer, '🎉'), isOff: true } })
  add(bob, edit(answer, 'the answer'))
  add(bob, reaction(again, '👀'))
  return entries
}

async function show(batches: readonly (readonly Sealed[])[]) {
  const screen = new Screen(bob)
  for (const batch of batches) await screen.count(...batch)
  return state(screen)
}

async function state(screen: Screen) {
  const { shown, unread, lastLine, lastPosition, lastTime, lastMine } = screen.row
  return {
    rows: await screen.shown(),
    shown,
    unread,
    lastLine,
    lastPosition,
    lastTime: lastPosition && lastTime,
    lastMine,
  }
}

function cut<Item>(items: readonly Item[], sizes: readonly number[]): Item[][] {
  const parts: Item[][] = []
  let from = 0
  for (const size of sizes) {
    if (from >= items.length) break
    parts.push(items.slice(from, from + size))
    from += size
  }
  return parts
}

function about(): { message: MessageId; written: number } {
  return { message: messageId(randomBytes(16)), written: 77 }
}

function text(words: string): Content {
  return { ...about(), text: words }
}

function edit(of: Sealed, words: string): Said {
  return {
    message: messageId(randomBytes(16)),
    written: Number(words === 'hi' ? 3000 : 2000),
    act: { is: 'edit', target: of.said.message, text: words },
  }
}

function deletion(of: Sealed): Said {
  return { ...about(), act: { is: 'deletion', target: nameOf(of), entries: [entryPlaceOf(of.position)] } }
}

function reaction(to: Sealed, emoji: string): Said & { act: Deed } {
  return { ...about(), act: reactionDeed(to, emoji) }
}

function reactionDeed(to: Sealed, emoji: string) {
  return { is: 'reaction', target: nameOf(to), emoji, isOff: false } as const
}

function nameOf({ user, said }: Sealed): MessageName {
  return { user, message: said.message }
}
