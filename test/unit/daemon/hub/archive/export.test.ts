import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ParleyError } from '../../../../../daemon/src/errors.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import type { HistoryProgress } from '../../../../../daemon/src/protocol/control.ts'
import { temporaryFolder } from '../../../../support/folder.ts'
import { hubHome, messageText, password, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { startTestRegistry } from '../../../../support/registry.ts'
import { until } from '../../../../support/wait.ts'

describe('an export', () => {
  it('has every message once, the oldest first, in a file of one’s own that is never overwritten', async () => {
    await using two = await pair()
    const { alice, folder } = two
    for (let count = 0; count < 5; count++) await alice.say('bob', `number ${count}`)
    const file = join(folder, 'all.jsonl')
    const result = await alice.hub.archive.exportHistory({ file, format: 'json' })
    const lines = await linesOf(file)
    assert.deepEqual(result, { messages: 5, bytes: (await stat(file)).size })
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(
      lines.flatMap(line => line.text ?? []),
      [0, 1, 2, 3, 4].map(count => `number ${count}`),
    )
    assert.equal(lines[0]?.parley, 'export')
    assert.equal(lines[1]?.person?.name, 'bob')
    assert.deepEqual(lines.at(-1), { end: { messages: 5 } })
    await assert.rejects(alice.hub.archive.exportHistory({ file, format: 'json' }), { code: 'usage' })
    await assert.rejects(alice.hub.archive.exportHistory({ file: 'all.jsonl', format: 'json' }), { code: 'usage' })
  })

  it('as Markdown shows every letter and lets none of them mean anything', async () => {
    await using two = await pair()
    const { alice, folder } = two
    await alice.say(
      'bob',
      '# no heading\n<script>alert(1)</script>\n![x](http://example.com/x.png)\n\u202eturned `code`',
    )
    const file = join(folder, 'bob.md')
    await alice.hub.archive.exportHistory({ with: 'bob', file, format: 'markdown' })
    const text = await readFile(file, 'utf8')
    assert.match(text, /^# bob\n/)
    assert.match(text, /\*\*alice\*\* \d\d:\d\d UTC/)
    assert.match(text, /\n\\# no heading\\\n&lt;script&gt;/)
    for (const bad of ['<script', '![x]', '\u202e', '`code']) assert.ok(!text.replaceAll(/\\./g, '').includes(bad), bad)
  })

  it('tells how far it is, and leaves no file when who asked has gone', async () => {
    await using two = await pair()
    const { alice, folder } = two
    await alice.say('bob', 'one')
    const file = join(folder, 'all.jsonl')
    const told: HistoryProgress[] = []
    const gone = new AbortController()
    const asker = {
      gone: gone.signal,
      told: (progress: HistoryProgress) => {
        told.push(progress)
        gone.abort(new ParleyError('closed', 'Who asked has gone.'))
      },
    }
    await assert.rejects(alice.hub.archive.exportHistory({ file, format: 'json' }, asker), { code: 'closed' })
    assert.deepEqual(told, [{ file, doing: 'exporting', messages: 1, bytes: 0 }])
    assert.deepEqual(await readdir(folder), [])
  })
})

describe('an import', () => {
  it('brings back in an emptied chat what was there, and changes nothing the second time', async () => {
    await using two = await pair()
    const { alice, bob, folder } = two
    const first = await alice.say('bob', 'remember this')
    await until('bob has it', async () => (await bob.texts('alice')).length === 1)
    await bob.say('alice', 'and this')
    await until('alice has it', async () => (await alice.texts('bob')).length === 2)
    const file = join(folder, 'all.jsonl')
    await alice.hub.archive.exportHistory({ file, format: 'json' })
    assert.deepEqual(await alice.hub.archive.importHistory({ file }), { messages: 0, known: 2, dropped: 0, left: 0 })
    await alice.hub.archive.clearHistory({ conversation: first.conversation })
    assert.deepEqual(await alice.texts('bob'), [])
    // What was dropped here stays so, as it does when somebody sends it again.
    assert.deepEqual(await alice.hub.archive.importHistory({ file }), { messages: 0, known: 0, dropped: 2, left: 0 })
  })

  it('shows in another home of the account what was said in the first one, read and sent to nobody', async () => {
    await using two = await pair()
    const { alice, bob, folder } = two
    const { conversation, user } = await alice.say('bob', 'said long ago')
    await bob.say('alice', 'answered long ago')
    await until('both have both', async () => {
      return (await alice.texts('bob')).length === 2 && (await bob.texts('alice')).length === 2
    })
    const file = join(folder, 'all.jsonl')
    await alice.hub.archive.exportHistory({ file, format: 'json' })
    const lines = (await readFile(file, 'utf8')).split('\n')
    // Messages of which this home knows nothing, as another one has exported them.
    const strange = lines.map(line => {
      if (!line.startsWith('{"message"')) return line
      const { position: _, ...message } = JSON.parse(line)
      return JSON.stringify({ ...message, message: messageText(), written: message.written - 86_400_000, edited: 5 })
    })
    const other = join(folder, 'other.jsonl')
    await writeFile(other, strange.join('\n'))
    assert.deepEqual(await alice.hub.archive.importHistory({ file: other }), {
      messages: 2,
      known: 0,
      dropped: 0,
      left: 0,
    })
    assert.deepEqual(await alice.hub.archive.importHistory({ file: other }), {
      messages: 0,
      known: 2,
      dropped: 0,
      left: 0,
    })
    const { messages } = await alice.hub.history({ with: 'bob', limit: 10 })
    assert.equal(messages.length, 4)
    assert.ok(messages.slice(0, 2).every(({ edited, state }) => edited === 5 && state === undefined))
    // Nobody has signed them, and whoever sees them sees that, also in a file that is made of them.
    assert.deepEqual(
      messages.map(({ imported }) => imported ?? false),
      [true, true, false, false],
    )
    for (const format of ['json', 'markdown'] as const) {
      const again = join(folder, `again.${format}`)
      await alice.hub.archive.exportHistory({ file: again, format })
      const marks = (await readFile(again, 'utf8')).match(
        format === 'json' ? /"imported":true/g : /imported, not signed/g,
      )
      assert.equal(marks?.length, 2)
    }
    assert.equal(messages.find(({ text }) => text === 'said long ago')?.user, user)
    assert.equal(alice.hub.conversation(conversation)?.unread, 1)
    assert.equal(alice.hub.conversation(conversation)?.lastLine, messages.at(-1)?.text)
    assert.equal((await bob.texts('alice')).length, 2)
    assert.equal((await alice.hub.archive.search({ query: 'long', limit: 10 })).hits.length, 4)
  })

  it('brings a room back as it was shown: edits, deletions, answers, reactions, mentions and files', async () => {
    await using two = await pair()
    const { alice, bob, folder } = two
    const { conversation: room } = await alice.hub.rooms.createRoom({ name: 'Plans', invite: ['bob'] })
    const { conversation } = room
    await until('bob is in', () => bob.hub.rooms.joinRoom({ conversation }).catch(() => undefined))
    await writeFile(join(folder, 'plan.txt'), 'the plan')
    const { hash } = await alice.hub.files.addFile({ path: join(folder, 'plan.txt') })
    const said = (text: string, more: object) =>
      alice.hub.send({ to: conversation, text, message: messageText(), ...more })
    const first = await said('frist', {})
    const { user, message } = first
    await alice.hub.messages.editMessage({ conversation, message, text: 'first', act: messageText() })
    await alice.hub.messages.react({ conversation, user, message, emoji: '👍', on: true, act: messageText() })
    await said('see @all', { files: [hash], mentions: ['all'], replyTo: { user, message } })
    const gone = await said('never mind', {})
    await alice.hub.messages.deleteMessage({ conversation, user, message: gone.message, act: messageText() })
    const shown = async () =>
      (await alice.hub.history({ with: conversation, limit: 20 })).messages
        .filter(({ event }) => !event)
        .map(
          ({
            message: _,
            position: __,
            state: ___,
            reached: ____,
            imported: ______,
            replyTo,
            written: _____,
            ...rest
          }) => {
            return { ...rest, ...(replyTo && { answers: replyTo.text }) }
          },
        )
    await until('all is there', async () => (await shown()).at(-1)?.deleted && (await shown())[0]?.edited)
    const before = await shown()
    assert.equal(before.length, 3)
    const file = join(folder, 'room.jsonl')
    const { messages } = await alice.hub.archive.exportHistory({ file, with: conversation, format: 'json' })
    const here = await alice.hub.archive.importHistory({ file })
    assert.deepEqual([messages, here.known], [3, 3], 'what happened in the room is no message')
    // As messages of which this home knows nothing: each id is another one, wherever it stands.
    const others = new Map<string, string>()
    const other = (known: string) => others.get(known) ?? others.set(known, messageText()).get(known) ?? ''
    const strange = (await readFile(file, 'utf8'))
      .replaceAll(/"message":"([a-z2-7]{26})"/g, (_, known: string) => `"message":"${other(known)}"`)
      .replaceAll(/,"position":"[^"]*"/g, '')
    await writeFile(join(folder, 'other.jsonl'), strange)
    const result = await alice.hub.archive.importHistory({ file: join(folder, 'other.jsonl') })
    assert.deepEqual([result.messages, result.known], [3, 0])
    const after = await shown()
    const key = (each: object) => JSON.stringify(each)
    assert.deepEqual(after.map(key).sort(), [...before, ...before].map(key).sort())
  })

  it('tells how far it is, and ended in between leaves what was taken in and the rest for the next', async () => {
    await using two = await pair()
    const { alice, folder } = two
    await alice.say('bob', 'one')
    const file = join(folder, 'all.jsonl')
    await alice.hub.archive.exportHistory({ file, format: 'json' })
    const [head = '', chat = '', said = ''] = (await readFile(file, 'utf8')).split('\n')
    const { position: _, ...one } = JSON.parse(said)
    const count = 2 * limits.importBatch + 1
    const long = Array.from({ length: count }, () => JSON.stringify({ ...one, message: messageText() }))
    const text = `${[head, chat, ...long, JSON.stringify({ end: { messages: count } })].join('\n')}\n`
    const other = join(folder, 'other.jsonl')
    await writeFile(other, text)
    const told: HistoryProgress[] = []
    const gone = new AbortController()
    const asker = {
      gone: gone.signal,
      told: (progress: HistoryProgress) => {
        told.push(progress)
        if (progress.doing === 'importing') gone.abort(new ParleyError('closed', 'Who asked has gone.'))
      },
    }
    await assert.rejects(alice.hub.archive.importHistory({ file: other }, asker), { code: 'closed' })
    const batch = limits.importBatch
    assert.deepEqual(
      told.map(({ doing, messages }) => [doing, messages]),
      [
        ['checking', batch],
        ['checking', 2 * batch],
        ['checking', count],
        ['importing', batch],
      ],
    )
    assert.ok(told.every(({ file: of, size }) => of === other && size === Buffer.byteLength(text)))
    assert.deepEqual(
      [told[2]?.bytes, told[3]?.bytes],
      [Buffer.byteLength(text), Buffer.byteLength([head, chat, ...long.slice(0, batch), ''].join('\n'))],
    )
    const rest = { messages: count - batch, known: batch, dropped: 0, left: 0 }
    assert.deepEqual(await alice.hub.archive.importHistory({ file: other }), rest)
    assert.equal((await alice.texts('bob')).length, count + 1)
  })

  it('refuses what is no export, of somebody else, damaged or cut, and then takes nothing of it', async () => {
    await using two = await pair()
    const { alice, bob, folder } = two
    await alice.say('bob', 'one')
    await alice.say('bob', 'two')
    const file = join(folder, 'all.jsonl')
    await alice.hub.archive.exportHistory({ file, format: 'json' })
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    const told = async (changed: readonly string[], code: string, words: RegExp) => {
      const bad = join(folder, `${messageText()}.jsonl`)
      await writeFile(bad, `${changed.join('\n')}\n`)
      await assert.rejects(alice.hub.archive.importHistory({ file: bad }), { code, message: words })
    }
    const fresh = lines.with(2, (lines[2] ?? '').replace(/"message":"[a-z2-7]{26}"/, `"message":"${messageText()}"`))
    await told(fresh.with(3, '{"message":'), 'damaged-data', /^Line 4 .*no JSON/)
    await told(
      fresh.with(3, (fresh[3] ?? '').replace(/"user":"[^"]*"/, '"user":"x"')),
      'damaged-data',
      /^Line 4 .*"user"/,
    )
    await told(fresh.slice(0, -1), 'damaged-data', /^Line 5 .*no end/)
    await told(
      fresh.with(2, (fresh[2] ?? '').replace('"text"', '"position":"x","text"')),
      'damaged-data',
      /^Line 3 .*no position/,
    )
    await told(fresh.toSpliced(3, 1), 'damaged-data', /^Line 4 .*says 2 messages, and there are 1/)
    await told(['{"hello":1}', ...lines.slice(1)], 'usage', /no export/)
    await told(['{"parley":"export","version":99}', ...lines.slice(1)], 'newer-data', /newer/)
    const none = { code: 'usage', message: /none does not exist/ }
    await assert.rejects(alice.hub.archive.importHistory({ file: join(folder, 'none') }), none)
    await assert.rejects(alice.hub.archive.importHistory({ file: folder }), { code: 'usage', message: /is a folder/ })
    const away = { code: 'usage', message: /^The folder .*none does not exist/ }
    const nowhere = join(folder, 'none', 'all.jsonl')
    await assert.rejects(alice.hub.archive.exportHistory({ file: nowhere, format: 'json' }), away)
    await assert.rejects(bob.hub.archive.importHistory({ file }), { code: 'usage', message: /another account/ })
    assert.deepEqual(await alice.texts('bob'), ['one', 'two'])
  })
})

interface Line {
  readonly parley?: string
  readonly text?: string
  readonly person?: { readonly name: string }
}

async function linesOf(file: string): Promise<Line[]> {
  return (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

/** Alice and bob, who can reach each other, and a folder for files. */
async function pair(): Promise<{ alice: RunningHub; bob: RunningHub; folder: string } & AsyncDisposable> {
  const registry = await startTestRegistry()
  const homes = [await hubHome(), await hubHome()] as const
  const [alice, bob] = [await startTestHub(homes[0]), await startTestHub(homes[1])]
  const folder = await temporaryFolder()
  for (const [name, { hub }] of Object.entries({ alice, bob })) {
    await hub.signUp({ registry: registry.registry.address, name, password })
  }
  return {
    alice,
    bob,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      for (const each of [alice, bob, registry, ...homes, folder]) await each[Symbol.asyncDispose]()
    },
  }
}
