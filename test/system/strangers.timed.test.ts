import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { temporaryFolder } from '../support/folder.ts'
import { startProcess } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'
import { p99, requestTimes } from '../support/times.ts'

const connections = 5_000

/** Open files that a process may have here: Node raises its own limit to this. */
function mostFiles(): number {
  const limit = execFileSync('/bin/sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit)
}

describe('5,000 strangers at a registry without classic clients', () => {
  it('are gone after 10 s, silent or dripping, and who is signed in does not notice', async function () {
    this.timeout(90_000)
    if (process.platform !== 'linux') skip(this, 'only Linux has all of 127.0.0.0/8 to come from')
    const files = connections + 200
    if (mostFiles() < files) skip(this, `it needs ${files} open files; raise the limit with ulimit -n`)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'), {
      args: ['--listen', '127.0.0.1:0', '--heartbeat', '127.0.0.1:0', '--classic', 'off'],
    })
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await alice.signUp(registry.ready.address, 'correct horse battery')
    const idle = await requestTimes(alice, () => true)

    const flood = join(import.meta.dirname, '..', 'support', 'flood.ts')
    const over = Promise.withResolvers<{ longest: number }>()
    let isOver = false
    const busyTimes = requestTimes(alice, () => isOver)
    await using strangers = await startProcess<{ opened: number; failed: number }>(
      flood,
      [String(portOf(registry.ready.listen)), String(connections), '1000'],
      { deadline: 30_000 },
    )
    strangers.onLine(line => over.resolve(JSON.parse(line)))
    assert.deepEqual(strangers.ready, { opened: connections, failed: 0 })
    const late = setTimeout(() => over.reject(new Error('the strangers are still there')), 30_000)
    const { longest } = await over.promise
    clearTimeout(late)
    isOver = true
    const busy = await busyTimes

    assert.ok(longest > 9_000, `the last went after ${longest} ms: the port did not wait for a hello`)
    assert.ok(longest < 13_000, `the last went after ${longest} ms`)
    const [before, during] = [p99(idle), p99(busy)]
    assert.ok(during < Math.max(50, 5 * before), `p99 ${during.toFixed(1)} ms among them, ${before.toFixed(1)} ms idle`)
    assert.ok(Math.max(...busy) < 2_000, `a request took ${Math.max(...busy).toFixed()} ms`)
    const [account] = (await alice.client.request('status', {})).hub?.accounts ?? []
    assert.equal(account?.state, 'online')
  })
})
