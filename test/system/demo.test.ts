import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../support/wait.ts'

const root = join(import.meta.dirname, '..', '..')

interface Demo {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
  /** The exit code. */
  readonly ended: Promise<number | null>
}

/** Runs the entry of `npm start`. */
function startDemo(args: readonly string[] = []): Demo {
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], { cwd: root })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text
  })
  return { child, out: () => out, err: () => err, ended: once(child, 'close').then(([code]) => code) }
}

/** Runs it with `input` on stdin to its end. */
async function demo(
  input: string,
  args: readonly string[] = [],
): Promise<{ code: number | null; out: string; err: string }> {
  const { child, ended, out, err } = startDemo(args)
  child.stdin?.end(input)
  return { code: await ended, out: out(), err: err() }
}

describe('npm start', () => {
  it('sends each line of a pipe as alice and shows bob’s answers delivered', async () => {
    const { code, out, err } = await demo('hello\nhow are you?\n')
    assert.equal(code, 0, err)
    const lines = out.split('\n').filter(line => /^(alice|bob):/.test(line))
    assert.deepEqual(
      lines.map(line => line.replace(/\s+/g, ' ')),
      [
        'alice: hello ✓ delivered',
        'bob: You said: hello ✓ delivered',
        'alice: how are you? ✓ delivered',
        'bob: You said: how are you? ✓ delivered',
      ],
    )
  })

  it('runs twice at once, the second on free ports, and says so; what it says to try next works', async function () {
    this.timeout(90_000) // two demos and four commands, each with its own start
    const first = startDemo()
    try {
      await until('the first runs', () => first.out().includes('Try next'), 40_000)
      const second = await demo('two\n')
      assert.equal(second.code, 0, second.err)
      assert.match(second.err, /taken: the registry is on/)
      assert.match(second.out, /bob: +You said: two +✓ delivered/)

      first.child.stdin?.write('one\n')
      await until('bob has answered', () => /bob: +You said: one +✓ delivered/.test(first.out()))
      const commands = [...first.out().matchAll(/npm run parley -- (who|log|status) (.*?) {2,}/g)]
      assert.equal(commands.length, 3)
      for (const [, command = '', args = ''] of commands) {
        const line = ['run', '--silent', 'parley', '--', command, ...args.split(' ')]
        const { stdout } = await promisify(execFile)('npm', line, { cwd: root })
        assert.match(stdout, { who: /bob/, log: /You said: one/, status: /3131|127\.0\.0\.1/ }[command] ?? /./, command)
      }
      const [, bob = ''] = /chat alice --home (\S+)/.exec(first.out()) ?? []
      const line = ['run', '--silent', 'parley', '--', 'send', 'alice', '--home', bob, 'it is me']
      await promisify(execFile)('npm', line, { cwd: root })
      await until('alice is shown what bob says himself', () => /^bob: +it is me$/m.test(first.out()))
    } finally {
      first.child.stdin?.end()
      assert.equal(await first.ended, 0, first.err())
    }
  })

  it('refuses an option it does not know, with exit code 2', async () => {
    const { code, err } = await demo('', ['--colour'])
    assert.equal(code, 2)
    assert.match(err, /--colour.*npm start -- --help/s)
  })
})
