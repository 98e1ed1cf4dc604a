import assert from 'node:assert/strict'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { startControl } from '../../../../daemon/src/control/server.ts'
import type { Check } from '../../../../daemon/src/doctor/doctor.ts'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { ensureHome } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { type FakeHub, fakeHub } from '../../../support/fake-hub.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { cli } from '../../../support/terminal.ts'
import { until } from '../../../support/wait.ts'

describe('commands', () => {
  let home: string
  let hub: FakeHub
  /** What the doctor looks at. */
  let checks: readonly Check[]
  let release: () => Promise<void>

  beforeEach(async () => {
    const folder = await temporaryFolder()
    home = folder.path
    hub = fakeHub()
    checks = []
    const { daemonFile } = ensureHome(home)
    const at = { home, daemonFile, roles: ['hub'] as const }
    const control = await startControl({ ...at, hub, checks: () => checks, log: silentLog, stop: () => {} })
    release = async () => {
      await control.close()
      await folder[Symbol.asyncDispose]()
    }
  })
  afterEach(() => release())

  const run = (args: string[], input: Parameters<typeof cli>[1] = {}) => cli([...args, '--home', home], input)

  describe('connect', () => {
    it('that waits and fails says why, and nothing else fails behind it', async () => {
      Object.assign(hub, {
        strangers: { connect: async () => ({ state: 'asked' }) },
        people() {
          throw new ParleyError('busy', 'Not now.')
        },
      })
      const { code, err } = await run(['connect', '10.0.0.1', '--wait'])
      assert.equal(code, 1)
      assert.match(err, /Not now\./)
    })
  })

  describe('who', () => {
    it('lists people in aligned columns, presence by glyph and word', async () => {
      const { code, out } = await run(['who'])
      assert.equal(code, 0)
      assert.equal(out, '● bob      online\n○ carol    offline\n')
    })

    it('prints JSON when asked', async () => {
      const { out } = await run(['who', 'bo', '--json'])
      assert.deepEqual(
        JSON.parse(out).people.map((person: { name: string }) => person.name),
        ['bob'],
      )
      assert.equal(out.trim().split('\n').length, 1)
    })

    it('colours on a terminal, and neither elsewhere nor with NO_COLOR', async () => {
      const esc = String.fromCodePoint(27)
      assert.ok((await run(['who'], { isTTY: true })).out.includes(esc))
      assert.ok(!(await run(['who'])).out.includes(esc))
      assert.ok(!(await run(['who'], { isTTY: true, env: { NO_COLOR: '1' } })).out.includes(esc))
    })
  })

  describe('send', () => {
    it('sends its words and prints the state', async () => {
      const { code, out } = await run(['send', 'bob', 'lunch', 'at', 'noon?'])
      assert.deepEqual([code, out], [0, '… queued\n'])
      assert.deepEqual(hub.texts, ['lunch at noon?'])
    })

    it('reads stdin without words, and drops the line break at its end only', async () => {
      const { code } = await run(['send', 'bob'], { stdin: ' two\nlines \n' })
      assert.equal(code, 0)
      assert.deepEqual(hub.texts, [' two\nlines '])
    })

    it('waits for delivery when asked', async () => {
      const unwatch = hub.watch(change => {
        const [message] = change.messages?.messages ?? []
        if (message?.state === 'queued') setImmediate(() => hub.deliver(message.message))
      })
      const { code, out } = await run(['send', 'bob', 'hi', '--wait', '--json'])
      unwatch()
      assert.equal(code, 0)
      assert.equal(JSON.parse(out).state, 'delivered')
    })

    it('fails after the deadline in words, with the message kept', async () => {
      const { code, err } = await run(['send', 'bob', 'hi', '--wait', '--deadline', '1s'])
      assert.equal(code, 1)
      assert.match(err, /not delivered yet/)
      assert.deepEqual(hub.texts, ['hi'])
    })

    for (const [what, args, stdin] of [
      ['an empty message', ['send', 'bob', ''], ''],
      ['a message of nothing at all on stdin', ['send', 'bob'], ''],
      ['a message that is too long', ['send', 'bob'], 'x'.repeat(100 * 1024 + 1)],
      ['a stream that does not end', ['send', 'bob'], 'x'.repeat(1024 * 1024)],
      ['a deadline without a unit', ['send', 'bob', 'hi', '--deadline', '30'], ''],
    ] as const) {
      it(`refuses ${what} before anything is sent`, async () => {
        const { code, err } = await run([...args], { stdin })
        assert.equal(code, 2)
        assert.match(err, /^parley: [^\n]+[.?]\n$/)
        assert.deepEqual(hub.texts, [])
      })
    }

    it('does not say that it has counted what it has not read', async () => {
      const { err } = await run(['send', 'bob'], { stdin: 'x'.repeat(1024 * 1024) })
      assert.equal(
        err,
        'parley: The message has more than 102400 bytes, which is the most that fits. Send it in parts.\n',
      )
    })

    it('fails on somebody unknown', async () => {
      const { code, err } = await run(['send', 'nobody', 'hi'])
      assert.equal(code, 1)
      assert.match(err, /^parley: Nobody here is called nobody/)
    })
  })

  describe('log', () => {
    it('prints the last messages, newest last, with the state of one’s own', async () => {
      hub.receive('bob', 'hello')
      await run(['send', 'bob', 'hi'])
      const { out } = await run(['log', 'bob'])
      const lines = out.trimEnd().split('\n')
      assert.match(lines[0] ?? '', / bob {4}hello$/)
      assert.match(lines[1] ?? '', / alice {2}hi {2}… queued$/)
    })

    it('pages back', async () => {
      for (const text of ['one', 'two', 'three']) hub.receive('bob', text)
      const { out, err } = await run(['log', 'bob', '--limit', '1'])
      assert.match(out, /^[^\n]*three\n$/)
      const position = /--before (\S+)/.exec(err)?.[1] ?? ''
      const earlier = await run(['log', 'bob', '--limit', '1', '--before', position])
      assert.match(earlier.out, /two\n$/)
    })

    it('shows what other people wrote without obeying it', async () => {
      hub.receive('bob', 'a\u001b[2Jb\u202ec\u0007\nalice  forged')
      const { out } = await run(['log', 'bob'])
      assert.match(out, /a␛\[2Jb⟨202e⟩c␇\n {10,}alice {2}forged\n$/)
    })

    it('that follows ends with 1 when the daemon stops, and says how to go on', async () => {
      const log = run(['log', 'bob', '--follow'])
      // The control server watches the hub itself.
      await until('the log', () => hub.watchers > 1)
      await release()
      release = async () => {}
      const { code, err } = await log
      assert.equal(code, 1)
      assert.match(err, /daemon has stopped.*`parley log bob --follow --home .*` goes on/)
    })

    it('names itself as the shell takes it, where it is to be asked for ids', async () => {
      const { code, err } = await run(['edit', '#tea club', '?', 'new words'])
      assert.equal(code, 2)
      assert.match(err, /`parley log "#tea club" --ids --home .*` shows them/)
    })

    it('refuses a limit that is no number', async () => {
      const { code, err } = await run(['log', 'bob', '--limit', 'many'])
      assert.equal(code, 2)
      assert.match(err, /--limit takes a number from 1 to 1000/)
    })
  })

  describe('chat', () => {
    it('sends each line of a pipe, prints what comes and every state, and ends with 0 once delivered', async () => {
      let answered = false
      hub.watch(change => {
        for (const message of change.messages?.messages ?? []) {
          if (message.state === 'queued') setImmediate(() => hub.deliver(message.message))
          if (message.text === 'two' && !answered) hub.receive('bob', 'heard you')
          answered ||= message.text === 'two'
        }
      })
      const { code, out } = await run(['chat', 'bob'], { stdin: 'one\n\ntwo\n' })
      assert.equal(code, 0)
      assert.deepEqual(hub.texts, ['one', 'two'])
      assert.match(out, /one {2}✓ delivered/)
      assert.match(out, /two {2}✓ delivered/)
    })

    it('ends with 0 and says so when the deadline comes first', async () => {
      const { code, err } = await run(['chat', 'bob', '--deadline', '1s'], { stdin: 'one\n' })
      assert.equal(code, 0)
      assert.match(err, /^1 message is still queued/)
    })

    it('tells a person what waits, and what has been delivered since', async () => {
      const typed = [
        [/Ctrl\+D ends[^>]*> $/, 'one\r'],
        [/… queued {2}one\n> $/, 'two\r'],
        [/✓ delivered {2}two\n> $/, '\u0004'],
      ] as const
      hub.watch(change => {
        for (const { message, text, state } of change.messages?.messages ?? []) {
          if (text === 'two' && state === 'queued') setImmediate(() => hub.deliver(message))
        }
      })
      const { code, out } = await run(['chat', 'bob', '--deadline', '1s'], { typed, env: { NO_COLOR: '1' } })
      assert.equal(code, 0)
      assert.ok(!out.includes('… queued  two'), 'what goes out at once does not wait')
      assert.ok(out.endsWith('\n'), 'the shell’s prompt has a line of its own')
    })

    it('has read what a person sees, all that was unread included, and nothing for a pipe or a log', async () => {
      const unread = () => hub.conversation('with-bob')?.unread
      for (let index = 0; index < 60; index++) hub.receive('bob', `line ${index}`)
      await run(['log', 'bob'])
      await run(['log', 'bob'], { isTTY: true })
      await run(['chat', 'bob', '--deadline', '1s'], { stdin: '' })
      assert.equal(unread(), 60)
      const typed = [
        [/Ctrl\+D ends[^>]*> $/, 'one\r'],
        [/and this/, '\u0004'],
      ] as const
      hub.watch(({ messages }) => {
        const isHers = messages?.messages.some(({ text, state }) => text === 'one' && state === 'queued')
        if (isHers) setImmediate(() => hub.receive('bob', 'and this'))
      })
      const { out } = await run(['chat', 'bob', '--deadline', '1s'], { typed, env: { NO_COLOR: '1' } })
      assert.equal(out.match(/line \d+/g)?.length, 60)
      assert.equal(unread(), 0)
    })

    it('prints incoming messages live, as JSON lines when asked', async () => {
      const done = run(['chat', 'bob', '--json', '--deadline', '2s'], { stdin: 'ping\n' })
      await until('the line', () => hub.texts.length === 1)
      hub.receive('bob', 'pong')
      const { out } = await done
      const events = out
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
      assert.ok(events.some(event => event.event === 'message' && event.text === 'pong'))
    })

    it('reads again what is too much to be told at once, though a message of its own waits', async () => {
      for (let index = 0; index < 300; index++) hub.receive('bob', `old ${index}`)
      const done = run(['chat', 'bob', '--deadline', '1s'], { stdin: 'ping\n' })
      await until('the line', () => hub.texts.length === 1)
      const flood = Array.from({ length: limits.controlMessages + 1 }, (_, index) => `pong ${index}`)
      for (const text of flood) hub.receive('bob', text)
      const { out } = await done
      assert.deepEqual(out.match(/pong \d+/g), flood)
      assert.doesNotMatch(out, /old/, 'what was there before the chat is none of it')
    })

    it('ends with 1 when the daemon stops', async () => {
      const chat = run(['chat', 'bob'], { isOpen: true })
      // The control server watches the hub itself.
      await until('the chat', () => hub.watchers > 1)
      await release()
      release = async () => {}
      const { code, err } = await chat
      assert.equal(code, 1)
      assert.match(err, /daemon has stopped.*`parley chat bob --home .*` goes on/)
    })

    it('fails at once with somebody unknown', async () => {
      const { code, err } = await run(['chat', 'nobody'], { stdin: 'one\n' })
      assert.equal(code, 1)
      assert.match(err, /called nobody/)
    })
  })

  describe('sign-up', () => {
    const env = { PARLEY_PASSWORD: 'correct horse' }

    it('takes the password from the environment', async () => {
      const { code, out } = await run(['sign-up', 'Alice', '--registry', '127.0.0.1:3131'], { env })
      assert.equal(code, 0)
      assert.match(out, /^● alice at Acme, online\n/)
    })

    it('takes invite and password from lines of stdin, in the order of asking', async () => {
      const invite = `parley://127.0.0.1:3131/${'a'.repeat(52)}?v=1#${'a'.repeat(26)}`
      const { code, err } = await run(['sign-up', 'alice', '--json'], { stdin: `${invite}\ncorrect horse\n` })
      assert.equal(code, 0, err)
    })

    it('takes the whole text of an invite that a person pastes, and none of it for the password', async () => {
      const link = `parley://127.0.0.1:3131/${'a'.repeat(52)}?v=1#${'a'.repeat(26)}`
      const text = `Join Acme on Parley.\n\nIn a terminal:\nPARLEY_INVITE='${link}' parley sign-up alice\n\nIt works once, `
      const wishes: unknown[] = []
      const { signUp } = hub
      Object.assign(hub, {
        signUp(wish: Parameters<typeof signUp>[0]) {
          wishes.push(wish)
          return signUp.call(hub, wish)
        },
      })
      const typed = [
        [/Invite: $/, text.replaceAll('\n', '\r')],
        [/Choose a password: $/, 'correct horse\r'],
        [/The same again: $/, 'correct horse\r'],
      ] as const
      const { code, err } = await run(['sign-up', 'alice'], { typed })
      assert.equal(code, 0, err)
      // The hub says what the team wants of whoever signs up before the person is asked for it.
      const wish = { registry: link, name: 'alice', prompts: true }
      const both = [wish, { ...wish, password: 'correct horse' }]
      assert.deepEqual(wishes, both)
      const piped = await run(['sign-up', 'alice'], { env: { ...env, PARLEY_INVITE: text } })
      assert.equal(piped.code, 0, piped.err)
      assert.deepEqual(wishes, [...both, ...both])
    })

    it('says that a text holds no invite', async () => {
      const { code, err } = await run(['sign-up', 'alice'], { env: { ...env, PARLEY_INVITE: 'Join us soon' } })
      assert.equal(code, 2)
      assert.match(err, /no Parley link in this text/)
    })

    it('shows what it asks a person for, and asks again for a password that cannot be', async () => {
      const typed = [
        [/Invite: $/, 'localhost\r'],
        [/Choose a password: $/, 'abc\r'],
        [/at least 6 characters.*Choose a password: $/s, 'correct horse\r'],
        [/The same again: $/, 'correct house\r'],
        [/two passwords differ.*Choose a password: $/s, 'correct horse\r'],
        [/The same again: $/, 'correct horse\r'],
      ] as const
      const { code, out, err } = await run(['sign-up', 'alice'], { typed })
      assert.equal(code, 0, err)
      assert.match(out, /alice.* at Acme/)
      assert.ok(!erasesAfter(err, 'Invite: '), 'the prompt stays to be read')
      assert.ok(!err.includes('correct horse'))
    })

    it('ends in words when the person gives up at a prompt', async () => {
      for (const keys of ['\u0003', '\u0004']) {
        const { code, err } = await run(['sign-up', 'alice'], { typed: [[/Invite: $/, keys]] })
        assert.equal(code, 1)
        assert.match(err, /\nparley: Stopped; nothing was changed\.\n$/)
      }
    })

    for (const [what, args, input, words] of [
      ['a malformed name', ['sign-up', 'a b', '--registry', 'localhost'], { env }, /name/i],
      ['a reserved name', ['sign-up', 'system', '--registry', 'localhost'], { env }, /reserved|taken|name/i],
      ['a malformed address', ['sign-up', 'alice', '--registry', 'not an address'], { env }, /address|link|host/i],
      ['a short password', ['sign-up', 'alice', '--registry', 'localhost'], { env: { PARLEY_PASSWORD: 'abc' } }, /6/],
      ['a common password', ['sign-up', 'alice', '--registry', 'localhost'], { stdin: 'password\n' }, /common|guess/i],
      ['no password at all', ['sign-up', 'alice', '--registry', 'localhost'], {}, /PARLEY_PASSWORD/],
      ['no invite and no registry', ['sign-up', 'alice'], {}, /PARLEY_INVITE/],
    ] as const) {
      it(`refuses ${what} with exit code 2 and one sentence`, async () => {
        const { code, err } = await run([...args], input)
        assert.equal(code, 2)
        assert.match(err, /^parley: [^\n]+\n$/)
        assert.match(err, words)
        assert.equal(hub.status().accounts.length, 0)
      })
    }
  })

  describe('sign-in', () => {
    it('asks for the password only when the device’s key is not enough', async () => {
      await run(['sign-up', 'alice', '--registry', 'localhost'], { env: { PARLEY_PASSWORD: 'correct horse' } })
      assert.equal((await run(['sign-in'], { stdin: 'correct horse\n' })).code, 0)
      const wrong = await run(['sign-in'], { stdin: 'wrong horse\n' })
      assert.equal(wrong.code, 1)
      assert.match(wrong.err, /Name or password is wrong/)
    })

    it('asks a person three times for the right password', async () => {
      await run(['sign-up', 'alice', '--registry', 'localhost'], { env: { PARLEY_PASSWORD: 'correct horse' } })
      const wrong = [/Password: $/, 'wrong horse\r'] as const
      const third = await run(['sign-in'], { typed: [wrong, wrong, [/Password: $/, 'correct horse\r']] })
      assert.equal(third.code, 0, third.err)
      const never = await run(['sign-in'], { typed: [wrong, wrong, wrong] })
      assert.equal(never.code, 1)
      assert.match(never.err, /parley: Name or password is wrong\.\n$/)
    })

    it('says what to do in a home where nobody has signed up', async () => {
      const { code, err } = await run(['sign-in'])
      assert.equal(code, 2)
      assert.match(err, /parley sign-up NAME/)
    })
  })

  it('says how others are to see one', async () => {
    await run(['sign-up', 'alice', '--registry', '127.0.0.1:3131'], { env: { PARLEY_PASSWORD: 'correct horse' } })
    const shown = await run(['show', '--as', 'invisible', '--json'])
    assert.equal(shown.code, 0, shown.err)
    assert.equal(JSON.parse(shown.out).availability, 'invisible')
    assert.equal((await run(['show', '--as', 'grumpy'])).code, 2)
    const told = await run(['show', '--as', 'busy'])
    assert.match(told.out, /You are set to busy/)
    const now = await run(['show', '--json'])
    assert.equal(now.code, 0, now.err)
    assert.equal(typeof JSON.parse(now.out).availability, 'string')
  })

  it('shows what the doctor found, and fails when something has failed', async () => {
    checks = [
      { about: 'clock', look: () => ({ state: 'ok', words: 'The clock is right.' }) },
      { about: 'disk', look: () => ({ state: 'warning', words: 'Little is free.', advice: 'Make room.' }) },
    ]
    const well = await run(['doctor'])
    assert.equal(well.code, 0)
    assert.equal(
      well.out,
      '✓ clock      The clock is right.\n! disk       Little is free.\n             → Make room.\n\nAll works; 1 thing could be better.\n',
    )
    checks = [{ about: 'relay', look: () => Promise.reject(new Error('refused')) }]
    const ill = await run(['doctor', '--json'])
    assert.equal(ill.code, 1)
    assert.equal(JSON.parse(ill.out).checks[0].state, 'failed')
    assert.match(JSON.parse(ill.err).error.message, /1 of 1 checks failed/)
  })

  describe('sign-out and status', () => {
    it('says how to come back', async () => {
      assert.match((await run(['sign-out'])).out, /^Signed alice out\. `parley sign-in/)
    })

    it('prints how the daemon is doing', async () => {
      const { out } = await run(['status'])
      assert.match(out, /^Daemon {5}Parley .*, hub, process \d+/)
      const json = JSON.parse((await run(['status', '--json'])).out)
      assert.equal(json.pid, process.pid)
    })

    it('prints how others see one', async () => {
      await hub.setAvailability({ availability: 'busy' })
      assert.match((await run(['status'])).out, /⊖ alice at Acme, busy/)
      await hub.setAvailability({ availability: 'available' })
      assert.match((await run(['status'])).out, /● alice at Acme, online/)
    })
  })

  it('refuses an invite at a hub’s home', async () => {
    const { code, err } = await run(['invite'])
    assert.equal(code, 1)
    assert.match(err, /home of a registry/)
  })
})

/** Whether what stands behind the last `text` erases it. */
function erasesAfter(shown: string, text: string): boolean {
  const rest = shown.slice(shown.lastIndexOf(text) + text.length)
  return rest.includes(`${String.fromCodePoint(27)}[0J`)
}

describe('commands without a daemon', () => {
  for (const [args, words] of [
    [['status'], /No Parley daemon is running for .*`parley who --home .*` starts the hub/],
    [['invite'], /No registry is running.*parley registry/],
  ] as const) {
    it(`${args[0]} says that none runs, and starts none`, async () => {
      await using folder = await temporaryFolder()
      const { code, err } = await cli([...args, '--home', folder.path])
      assert.equal(code, 1)
      assert.match(err, words)
      await assert.rejects(stat(ensureHome(folder.path).lock), { code: 'ENOENT' })
    })
  }

  for (const args of [['who'], ['send', 'bob', 'hi'], ['doctor'], ['status'], ['chat', 'bob']]) {
    it(`${args[0]} refuses a home that does not exist, and makes none`, async () => {
      await using folder = await temporaryFolder()
      const home = join(folder.path, 'mistyped')
      const { code, err } = await cli([...args, '--home', home])
      assert.equal(code, 2, err)
      assert.match(
        err,
        /^parley: There is no home at .*mistyped\. Begin there with `parley sign-up NAME --home [^\n]+\n$/,
      )
      await assert.rejects(stat(home), { code: 'ENOENT' })
    })
  }

  it('stop has nothing to do, and says so', async () => {
    await using folder = await temporaryFolder()
    const { code, out } = await cli(['stop', '--home', folder.path, '--json'])
    assert.deepEqual([code, JSON.parse(out)], [0, { stopped: false }])
  })

  for (const [what, args, words] of [
    ['an unknown command', ['sned', 'bob'], /Unknown command 'sned'/],
    ['help for an unknown command', ['help', 'sned'], /Unknown command 'sned'.*`parley --help`/],
    ['an unknown option', ['who', '--colour'], /Unknown option '--colour'.*`parley who --help`/],
    ['a home without a name', ['who', '--home', ''], /--home takes a folder/],
    ['an argument that an inner command lacks', ['user', 'show'], /'name'.*`parley user show --help`/],
    ['a missing argument', ['log'], /Missing required argument 'who'/],
    ['nobody to write to', ['send'], /Say whom you mean/],
    ['a classic client without an address', ['send', '--classic', ' '], /takes the address/],
    ['two people to chat with', ['chat', 'bob', '--classic', '10.0.0.7'], /not both/],
    ['an alias that does not fit', ['classic', '--alias', 'eleven-byte'], /3 to 10 bytes/],
    ['an alias for nothing', ['classic', '--alias', 'lexi', '--off'], /leave --alias out/],
    ['an argument too many', ['who', 'a', 'b'], /Too many arguments/],
    ['a policy that does not exist', ['registry', '--sign-up', 'maybe'], /Allowed choices are open, invite, closed/],
    ['a malformed address to listen on', ['registry', '--listen', '1:2:3:x'], /.+/],
    ['an expiry without a unit', ['invite', '--expires', '7'], /--expires takes a time such as/],
    ['a number of uses that is none', ['invite', '--uses', '-1'], /.+/],
    ['a configuration that is not there', ['hub', '--config', '/nowhere/parley.json'], /cannot be read/],
  ] as const) {
    it(`refuses ${what} with exit code 2 and one sentence`, async () => {
      await using folder = await temporaryFolder()
      const { code, err } = await cli([...args, ...(/sned|--home/.test(args.join()) ? [] : ['--home', folder.path])])
      assert.equal(code, 2, err)
      assert.match(err, /^parley: [^\n]+\n$/)
      assert.match(err, words)
    })
  }

  it('quotes a home with spaces in what it says to type', async () => {
    await using folder = await temporaryFolder()
    const home = `${folder.path}/a person’s home`
    await mkdir(home)
    const { err } = await cli(['status', '--home', home])
    assert.ok(err.includes(`\`parley who --home '${home}'\``), err)
  })

  it('gives errors as JSON with --json', async () => {
    const { code, err } = await cli(['who', '--json', '--bogus'])
    assert.equal(code, 2)
    assert.equal(JSON.parse(err).error.code, 'usage')
  })

  it('shows help with examples for every command', async () => {
    const { out } = await cli(['--help'])
    const commands = [...out.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(match => match[1] ?? '')
    assert.ok(commands.length > 12)
    const reference = await readFile(new URL('../../../../docs/reference/cli.md', import.meta.url), 'utf8')
    for (const command of commands) {
      assert.ok(reference.includes(`\`parley ${command}`), `cli.md does not tell of ${command}`)
      const help = await cli([command, '--help'])
      assert.equal(help.code, 0)
      assert.match(help.out, /Examples:\n {2}\S/, command)
      assert.match(help.out, /--home <dir>/, command)
    }
  })
})
