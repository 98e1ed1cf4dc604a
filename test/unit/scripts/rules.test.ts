import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { brokenRules, rules } from '../../../scripts/check/rules.ts'
import { temporaryFolder } from '../../support/folder.ts'

/** A rule's name, files that break it, and files beside them that do not, though they look like it. */
interface Plant {
  readonly rule: string
  readonly broken: Readonly<Record<string, string>>
  readonly innocent: Readonly<Record<string, string>>
}

const plants: readonly Plant[] = [
  {
    rule: 'nothing in protocol/ does I/O',
    broken: {
      'daemon/src/protocol/files.ts': "import { readFileSync } from 'node:fs'",
      'daemon/src/protocol/sockets.ts': "import { connect } from 'node:net'",
      'daemon/src/protocol/whole.ts': "import net from 'node:net'",
      'daemon/src/protocol/lazy.ts': "export const read = () => import('node:fs/promises')",
      'daemon/src/protocol/web.ts': 'export const get = (url: string) => fetch(url)',
      'daemon/src/protocol/timers.ts': 'export const later = (then: () => void) => setTimeout(then, 10)',
    },
    innocent: {
      'daemon/src/protocol/keys.ts': "import { sign } from 'node:crypto'\nimport { isIPv4 } from 'node:net'",
      'daemon/src/net/sockets.ts': "import { connect } from 'node:net'",
    },
  },
  {
    rule: 'protocol/ imports only itself, errors.ts and limits.ts of the daemon',
    broken: { 'daemon/src/protocol/rows.ts': "import type { Link } from '../net/link.ts'" },
    innocent: {
      'daemon/src/protocol/words.ts': "import { limits } from '../limits.ts'\nimport { toText } from './ids.ts'",
    },
  },
  {
    rule: 'net/ knows nothing of registry, hub, control or client',
    broken: { 'daemon/src/net/port.ts': "import { startRegistry } from '../registry/registry.ts'" },
    innocent: { 'daemon/src/net/link.ts': "import { FrameReader } from '../protocol/frames.ts'" },
  },
  {
    rule: 'registry and hub do not know each other, nor the local API',
    broken: {
      'daemon/src/hub/team.ts': "import { rowKeys } from '../registry/rows.ts'",
      'daemon/src/hub/classic/circle.ts': "import { rowKeys } from '../../registry/rows.ts'",
      'daemon/src/registry/classic/people.ts': "import { words } from '../../hub/words.ts'",
      'daemon/src/hub/feed.ts': "import type { Feed } from '../control/feed.ts'",
    },
    innocent: {
      'daemon/src/hub/registry/client.ts': "import { words } from '../words.ts'\nimport './registry/open.ts'",
      'daemon/src/hub/classic/side.ts': "import type { RegistryClient } from '../registry/client.ts'",
    },
  },
  {
    rule: 'client/ imports only itself, protocol/, errors, limits and locations of the daemon',
    broken: { 'daemon/src/client/start.ts': "import { startDaemon } from '../daemon.ts'" },
    innocent: { 'daemon/src/client/connect.ts': "import { ensureHome } from '../locations.ts'\nimport './rpc.ts'" },
  },
  {
    rule: 'the extension imports only protocol and client of the daemon',
    broken: { 'extension/src/panel.ts': "import { startHub } from '@parley/daemon/hub/hub'" },
    innocent: { 'extension/src/tree.ts': "import { connect } from '@parley/daemon/client'" },
  },
  {
    rule: 'the chat surface knows of the extension only their messages and shared words, of the daemon only the protocol',
    broken: {
      'extension/surface/app.ts': "import { connectHub } from '../src/hub/connection.ts'",
      'extension/surface/files.tsx': "import { readFileSync } from 'node:fs'",
      'extension/surface/editor.ts': "import { window } from 'vscode'",
      'extension/surface/model/hub.ts': "import { connect } from '@parley/daemon/client'",
      'extension/src/shared/seen.ts': "import { limits } from '../limits.ts'",
    },
    innocent: {
      'extension/surface/model/rows.ts':
        "import type { Page } from '../../src/chat/messages.ts'\nimport type { Status } from '@parley/daemon/protocol/control'",
      'extension/surface/header/facts.ts': "import { lastSeen } from '../../src/shared/seen.ts'",
      'extension/src/people/tree.ts': "import { window } from 'vscode'\nimport { limits } from '../limits.ts'",
    },
  },
  {
    rule: 'nothing but the chat panels hosts the chat surface',
    broken: { 'extension/src/chats/chats.ts': "import { Chat } from '../../surface/chat/chat.ts'" },
    innocent: { 'extension/src/chat/panels.ts': "import { surfacePage } from './surface-page.ts'" },
  },
  {
    rule: 'a plugin imports only the kit',
    broken: {
      'plugins/storage-mine/src/index.ts': "import { ParleyError } from '@parley/daemon/errors'",
      'plugins/auth-mine/src/index.ts': "import sqlite from '@parley/storage-sqlite'",
      'plugins/auth-mine/src/kit.ts': "import sqlite from '@parley/kitchen'",
    },
    innocent: {
      'plugins/storage-other/src/index.ts': "import { testStorage } from '@parley/kit/testing'\nimport '@parley/kit'",
    },
  },
  {
    rule: 'the kit imports nothing of this project',
    broken: { 'plugins/kit/src/plugin.ts': "import sqlite from '@parley/storage-sqlite'" },
    innocent: { 'plugins/kit/src/auth.ts': "import type { Plugin } from './plugin.ts'" },
  },
  {
    rule: 'a package is reached by its name, never by a path out of another',
    broken: {
      'plugins/storage-mine/src/errors.ts': "import { ParleyError } from '../../../daemon/src/errors.ts'",
      'plugins/storage-mine/src/keys.ts': "export * from '../../kit/src/storage.ts'",
      'extension/src/extension.ts': "const client = await import('../../daemon/src/client/index.ts')",
    },
    innocent: { 'plugins/storage-mine/src/deep/index.ts': "import { limits } from '../../src/limits.ts'" },
  },
  {
    rule: 'only main.ts names concrete plugins',
    broken: { 'daemon/src/daemon.ts': "import sqlite from '@parley/storage-sqlite'" },
    innocent: { 'daemon/src/main.ts': "const sqlite = await import('@parley/storage-sqlite')" },
  },
  {
    rule: 'only locations.ts builds paths of a home',
    broken: {
      'daemon/src/log.ts': "import { join } from 'node:path'\nexport const file = (home: string) => join(home, 'log')",
      'daemon/src/hub/draft.ts': "import { dirname, resolve as from } from 'node:path'",
      'daemon/src/net/identity.ts':
        "import path from 'node:path'\nexport const key = (home: string) => path.join(home, 'key')",
      'daemon/src/registry/keys.ts': `export const key = (where: { home: string }) => \`\${where.home}/registry.key\``,
    },
    innocent: {
      'daemon/src/locations.ts': "import { join } from 'node:path'",
      'daemon/src/client/lock.ts':
        "import path from 'node:path'\nexport const home = (file: string) => path.dirname(file)",
      'daemon/src/cli/stop.ts': `export const words = (names: string[], home: string) => \`\${names.join(' ')} of \${home}.\``,
    },
  },
  {
    rule: 'only limits.ts holds the time that something may take',
    broken: {
      'daemon/src/hub/pause.ts': 'const timer = setTimeout(() => give.up(), 5_000)',
      'daemon/src/hub/dialer.ts': 'const signal = AbortSignal.timeout(250)',
      'daemon/src/registry/registry.ts': 'export const start = ({ sessionTimeout = 60_000 }) => sessionTimeout',
      'plugins/storage-mine/src/index.ts': 'const options = { retryAfter: 1000 }',
    },
    innocent: {
      'daemon/src/limits.ts': 'export const limits = { timeout: 5_000 }',
      'plugins/storage-mine/src/limits.ts': 'export const limits = { interval: 5_000 }',
      'daemon/src/net/dial.ts': `const timer = setTimeout(late, limits.handshake)\nconst s = \`\${timeout / 1000} s\``,
      'daemon/src/net/words.ts':
        "// a timeout: 3000 ms\nexport const help = 'timeout: 3000'\nconst now = setTimeout(go, 0)",
    },
  },
  {
    rule: 'no module keeps mutable state',
    broken: {
      'daemon/src/hub/count.ts': 'let count = 0\nexport const next = () => ++count',
      'daemon/src/net/known.ts': 'export const known = new Map<string, number>()',
      'plugins/storage-mine/src/list.ts': 'const waiting: string[] = []',
      'extension/src/state.ts': 'export let current: string | undefined',
    },
    innocent: {
      'daemon/src/hub/sum.ts':
        'export function sum() {\n  let total = 0\n  const parts = []\n  return total + parts.length\n}',
      'daemon/src/net/names.ts': "const names = new Map([['a', 1]])\nconst list = ['a']\n/*\nlet us = see\n*/",
    },
  },
  {
    rule: 'nothing newer than Node 22.19 is used',
    broken: {
      'daemon/src/daemon.ts': 'async function f() {\n  await using built = start()\n}',
      'daemon/src/parts.ts': 'const parts = new AsyncDisposableStack()',
      'plugins/storage-mine/src/index.ts': 'const given = Promise.try(open)',
    },
    innocent: {
      'daemon/src/teardown.ts':
        '// AsyncDisposableStack is missing in Node 22\nconst text = "using x = y"\nclass A { [Symbol.asyncDispose]() {} }',
      'test/support/folder.ts': 'await using folder = await temporaryFolder()',
    },
  },
  {
    rule: 'no file of the product is longer than 400 lines',
    broken: { 'daemon/src/hub/hub.ts': 'f()\n'.repeat(401) },
    innocent: {
      'daemon/src/hub/team.ts': 'f()\n'.repeat(400),
      'daemon/src/protocol/parley_pb.ts': 'f()\n'.repeat(999),
    },
  },
]

describe('the rules of npm run check', () => {
  it('have each a violation below', () => {
    assert.deepEqual(
      plants.map(({ rule }) => rule),
      rules.map(({ name }) => name),
    )
  })

  for (const { rule, broken, innocent } of plants) {
    it(`find what breaks "${rule}", and only that`, async () => {
      await using folder = await temporaryFolder()
      const files = { ...broken, ...innocent }
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder.path, path)), { recursive: true })
        await writeFile(join(folder.path, path), `${text}\n`)
      }
      const found = brokenRules(folder.path, Object.keys(files)).filter(line => line.includes(`: ${rule}: `))
      assert.deepEqual(
        [...new Set(found.map(line => line.slice(0, line.indexOf(': '))))].sort(),
        Object.keys(broken).sort(),
        found.join('\n'),
      )
    })
  }
})
