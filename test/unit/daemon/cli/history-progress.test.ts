import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { withHistoryProgress } from '../../../../daemon/src/cli/history-progress.ts'
import type { Terminal } from '../../../../daemon/src/cli/terminal.ts'
import type { Client } from '../../../../daemon/src/client/connect.ts'
import type { HistoryProgress } from '../../../../daemon/src/protocol/control.ts'

describe('the progress of an export or import on a terminal', () => {
  const importing: HistoryProgress = { file: '/a', doing: 'importing', messages: 1200, bytes: 45, size: 100 }

  /** What is written to stderr while that is told. */
  async function shown(told: readonly HistoryProgress[], { isTTY = true, json = false } = {}): Promise<string> {
    const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
    const terminal: Terminal = { stdin: process.stdin, stdout: process.stdout, stderr, env: {}, builtIns: {} }
    const listeners = new Set<(news: HistoryProgress) => void>()
    const on = (_: string, listener: (news: HistoryProgress) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
    const client = { on } as unknown as Client
    const result = await withHistoryProgress(terminal, { client, file: '/a', json }, async () => {
      for (const news of told) for (const listener of listeners) listener(news)
      return 'whole'
    })
    assert.equal(result, 'whole')
    assert.equal(listeners.size, 0)
    return stderr.read() ?? ''
  }

  it('is one line, in messages and the share of the file, that goes at the end', async () => {
    assert.equal(await shown([importing]), '\r\x1b[KImporting /a: 1200 messages, 45 %\r\x1b[K')
    const exporting: HistoryProgress = { file: '/a', doing: 'exporting', messages: 1, bytes: 340 }
    assert.match(await shown([exporting]), /Writing \/a: 1 message, 340 B/)
  })

  it('is drawn a few times a second at most, and only of the one file', async () => {
    const all = [{ ...importing, file: '/b' }, importing, { ...importing, bytes: 46 }]
    assert.equal(await shown(all), await shown([importing]))
  })

  it('is not drawn with --json, nor where nobody sits in front of it', async () => {
    assert.equal(await shown([importing], { json: true }), '')
    assert.equal(await shown([importing], { isTTY: false }), '')
  })
})
