import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** Runs the entry of `npm start` with `input` on stdin, then ends it. Gives what was printed. */
function demo(input: string, args: readonly string[] = []): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], { cwd: root })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text
  })
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, out, err }))
  })
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

  it('runs twice at once, the second on free ports, and says so', async () => {
    const [first, second] = await Promise.all([demo('one\n'), demo('two\n')])
    for (const { code, err } of [first, second]) assert.equal(code, 0, err)
    assert.match(`${first.err}${second.err}`, /taken: the registry is on/)
    assert.match(first.out, /bob: +You said: one +✓ delivered/)
    assert.match(second.out, /bob: +You said: two +✓ delivered/)
  })

  it('refuses an option it does not know, with exit code 2', async () => {
    const { code, err } = await demo('', ['--colour'])
    assert.equal(code, 2)
    assert.match(err, /--colour.*npm start -- --help/s)
  })
})
