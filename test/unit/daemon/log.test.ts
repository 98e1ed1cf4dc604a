import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog, readLogLevel, withAbout } from '../../../daemon/src/log.ts'
import { RotatingFile } from '../../../daemon/src/log-file.ts'

describe('log', () => {
  it('is as talkative as PARLEY_LOG says, and refuses what is no level', () => {
    assert.equal(readLogLevel({}, 'warn'), 'warn')
    assert.equal(readLogLevel({ PARLEY_LOG: 'debug' }, 'warn'), 'debug')
    assert.throws(() => readLogLevel({ PARLEY_LOG: 'loud' }, 'warn'), { code: 'usage', message: /"loud".*debug, info/ })
  })

  let dir: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-log-'))
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('writes a line of JSON for each sentence, in a file of its owner’s alone', () => {
    const file = join(dir, 'logs', 'hub.log')
    const log = createLog({ destination: { file } })
    withAbout(log, { plugin: 'x' }).warn({ port: 3131 }, 'The port is taken')
    log.debug({}, 'not at this level')
    log.close()
    const [line] = lines(file)
    assert.equal(lines(file).length, 1)
    assert.partialDeepStrictEqual(line, {
      level: 'warn',
      plugin: 'x',
      port: 3131,
      msg: 'The port is taken',
      pid: process.pid,
    })
    assert.ok(Math.abs(Date.now() - Date.parse(String(line?.time))) < 60_000)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(join(dir, 'logs')).mode & 0o777, 0o700)
  })

  it('tells errors with their code and cause, and of bytes only how many', () => {
    const file = join(dir, 'hub.log')
    const log = createLog({ destination: { file } })
    const error = Object.assign(new Error('broken', { cause: new Error('deeper') }), { code: 'E1', key: 'hidden' })
    log.error({ error, token: Buffer.from('a secret'), time: 5n }, 'It broke')
    log.close()
    const text = readFileSync(file, 'utf8')
    assert.partialDeepStrictEqual(lines(file)[0], {
      token: '8 bytes',
      time: '5',
      error: { message: 'broken', code: 'E1', cause: { message: 'deeper' } },
    })
    assert.doesNotMatch(text, /hidden|a secret|YSBzZWNyZXQ/)
  })

  it('puts a file aside when it has grown, and keeps three', () => {
    const file = join(dir, 'hub.log')
    const log = new RotatingFile(file, { size: 1_000, files: 3 })
    for (let number = 0; number < 100; number++) log.write(`${String(number).padStart(99, '0')}\n`)
    log.flushSync()
    assert.deepEqual(readdirSync(dir), ['hub.log', 'hub.log.1', 'hub.log.2'])
    const kept = ['hub.log.2', 'hub.log.1', 'hub.log'].flatMap(name =>
      readFileSync(join(dir, name), 'utf8').trim().split('\n'),
    )
    assert.deepEqual(
      kept.map(Number),
      Array.from({ length: 30 }, (_, index) => 70 + index),
    )
    for (const name of readdirSync(dir)) assert.ok(statSync(join(dir, name)).size <= 1_000)
  })

  it('goes on where an earlier process ended', () => {
    const file = join(dir, 'hub.log')
    writeFileSync(file, 'x'.repeat(990))
    const log = new RotatingFile(file, { size: 1_000, files: 3 })
    log.write('the next line\n')
    log.flushSync()
    assert.equal(readFileSync(file, 'utf8'), 'the next line\n')
    assert.equal(statSync(`${file}.1`).size, 990)
  })

  it('does not stop the daemon when its folder is gone', () => {
    const log = createLog({ destination: { file: join(dir, 'logs', 'hub.log') } })
    log.close()
    rmSync(join(dir, 'logs'), { recursive: true })
    log.info({}, 'lost')
    log.close()
  })

  it('follows no symbolic link', () => {
    symlinkSync(join(dir, 'elsewhere'), join(dir, 'hub.log'))
    assert.throws(() => createLog({ destination: { file: join(dir, 'hub.log') } }), {
      code: 'home',
      message: /cannot be written/,
    })
  })

  it('writes to stderr, to the last line', () => {
    const module = new URL('../../../daemon/src/log.ts', import.meta.url).href
    const code = `
      const { createLog } = await import(${JSON.stringify(module)})
      const log = createLog({ destination: 'stderr' })
      for (let number = 0; number < 500; number++) log.info({ number }, 'line')
      log.close()
      process.exit(0)`
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
    assert.equal(stderr.trim().split('\n').length, 500)
  })

  function lines(file: string): Record<string, unknown>[] {
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
  }
})
