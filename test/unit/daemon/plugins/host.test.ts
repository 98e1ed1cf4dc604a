import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePlugin, type Host, type Offer, type Plugin } from '@parley/kit'
import { openMemorySearch, openMemoryStorage } from '@parley/storage-memory'
import storageSqlite from '@parley/storage-sqlite'
import type { PluginEntry } from '../../../../daemon/src/config.ts'
import { locations } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { loadPlugins, type PluginsOptions } from '../../../../daemon/src/plugins/host.ts'
import { SecretBox } from '../../../../daemon/src/plugins/secrets.ts'

describe('plugin host', () => {
  let dir: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-host-'))
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  describe('loads', () => {
    it('built-ins by name, each with a folder of its own', async () => {
      const plugins = await load(['sqlite'], { builtIns: { sqlite: storageSqlite } })
      assert.equal(plugins.storage.durable, true)
      const folder = join(dir, 'data', 'storage-sqlite')
      assert.equal(statSync(folder).mode & 0o777, 0o700)
      await plugins.close()
      assert.deepEqual(readdirSync(folder), ['data.db'])
    })

    it('a path relative to the configuration, TypeScript too', async () => {
      writeFileSync(join(dir, 'mine.ts'), module('storage: storage as object'))
      await (await load(['./mine.ts'])).close()
    })

    it('a package from the plugins’ folder', async () => {
      const folder = join(dir, 'plugins', 'node_modules', '@acme', 'parley-storage')
      mkdirSync(folder, { recursive: true })
      writeFileSync(
        join(folder, 'package.json'),
        '{"name":"@acme/parley-storage","type":"module","exports":"./index.js"}',
      )
      writeFileSync(join(folder, 'index.js'), module('storage'))
      await (await load(['@acme/parley-storage'])).close()
      await (await load(['@acme/parley-storage'])).close()
    })

    it('a search index of its own in the place of the storage’s', async () => {
      const search = openMemorySearch()
      const both = plugin({ setup: () => ({ storage: openMemoryStorage(), search: openMemorySearch() }) })
      const plugins = await load(['both', { use: 'finds', as: 'finds' }], {
        builtIns: { both, finds: plugin({ setup: () => ({ search }) }) },
      })
      assert.equal(plugins.search, search)
      await plugins.close()
    })

    it('one plugin twice, by two names', async () => {
      const dirs: string[] = []
      const keeps = plugin({
        setup(host) {
          dirs.push(host.dir)
          return {}
        },
      })
      const entries = [{ use: 'keeps', as: 'one' }, { use: 'keeps', as: 'two' }, { use: 'memory' }]
      await (await load(entries, { builtIns: { keeps, memory: memory() } })).close()
      assert.deepEqual(dirs, [join(dir, 'data', 'one'), join(dir, 'data', 'two')])
    })

    it('options from the environment and from files', async () => {
      writeFileSync(join(dir, 'token.txt'), 'from a file\n')
      let options: unknown
      const reads = plugin({ setup: (_host, given) => ({ ...keep(given) }) })
      const keep = (given: unknown) => {
        options = given
        return {}
      }
      const given = {
        url: { env: 'STORE_URL' },
        deep: [{ token: { file: 'token.txt' } }],
        plain: { env: 'A', file: 'B' },
      }
      const entries = [{ use: 'reads', options: given }, { use: 'memory' }]
      const env = { STORE_URL: 'from the environment' }
      await (await load(entries, { builtIns: { reads, memory: memory() }, env })).close()
      assert.deepEqual(options, {
        url: 'from the environment',
        deep: [{ token: 'from a file' }],
        plain: { env: 'A', file: 'B' },
      })
    })

    it('secrets for whoever asks, before or after the storage in the list, made once', async () => {
      const secrets: string[] = []
      let made = 0
      const asks = plugin({
        async setup(host) {
          const make = () => Buffer.from(`secret ${++made}`)
          secrets.push(Buffer.from(await host.secret('key', make)).toString())
          return {}
        },
      })
      const builtIns = { asks, sqlite: storageSqlite }
      for (let turn = 0; turn < 2; turn++) {
        const secretBox = SecretBox.open(join(dir, 'registry.key'), {})
        await (await load([{ use: 'asks' }, { use: 'sqlite' }], { builtIns, secretBox })).close()
      }
      assert.deepEqual(secrets, ['secret 1', 'secret 1'])
    })

    it('and closes in reverse, storage last, whatever one of them does', async () => {
      const closed: string[] = []
      const closing = (name: string, offer: Offer = {}, fail = false) =>
        plugin({
          name,
          setup: () => ({
            ...offer,
            close() {
              closed.push(name)
              if (fail) throw new Error('no')
            },
          }),
        })
      const hanging = plugin({ name: 'hanging', setup: () => ({ close: () => new Promise(() => {}) }) })
      const builtIns = {
        a: closing('a'),
        storage: closing('storage', { storage: openMemoryStorage() }),
        b: closing('b', {}, true),
        hanging,
        c: closing('c'),
      }
      const plugins = await load(['a', 'storage', 'b', 'hanging', 'c'], {
        builtIns,
        deadlines: { setup: 1_000, close: 20 },
      })
      await plugins.close()
      assert.deepEqual(closed, ['c', 'b', 'a', 'storage'])
    })
  })

  describe('stops, with one sentence that names the plugin, for', () => {
    it('a package that is not installed', () =>
      refuses('@acme/none', /"@acme\/none".*not installed.*parley plugins add @acme\/none/))
    it('a package that is not installed among others', () => {
      mkdirSync(join(dir, 'plugins'))
      return refuses('@acme/none', /"@acme\/none".*not installed/)
    })
    it('a path where nothing is', () => refuses('./none.js', /"\.\/none\.js".*there is no file .*none\.js/))
    it('something that is neither', () => refuses('what is this', /neither the name of a package nor a path/))
    it('a syntax error', () => refusesModule('export default {', /its module cannot be loaded: SyntaxError/))
    it('a module that throws', () =>
      refusesModule("throw new Error('bad day')", /its module cannot be loaded: bad day/))
    it('a module that never loads', () =>
      refusesModule('await new Promise(() => setTimeout(() => {}, 1e4).unref())', /does not load in time/))
    it('an import of something missing', () => refusesModule("import 'none-such'", /Cannot find package 'none-such'/))
    it('no default export', () => refusesModule('export const plugin = {}', /has no default export/))
    it('a default export that is no plugin', () => refusesModule('export default 7', /is no plugin/))
    it('a name that would lead out of its folder', () =>
      refusesModule("export default { name: '../x', api: 1, setup() {} }", /its name is not/))
    it('the wrong api', () =>
      refusesModule(
        "export default { name: 'x', api: 2, setup() {} }",
        /version 2 of the plugin contracts; this Parley speaks 1/,
      ))
    it('no setup', () => refusesModule("export default { name: 'x', api: 1 }", /no setup function/))
    it('an unknown key in its offer, with a suggestion', () =>
      refusesPlugin(
        { setup: () => ({ storag: openMemoryStorage() }) as Offer },
        /offers "storag".*did you mean "storage"/,
      ))
    it('no offer', () => refusesPlugin({ setup: () => undefined as unknown as Offer }, /gave no offer/))
    it('half a storage', () =>
      refusesPlugin({ setup: () => ({ storage: { durable: true } }) as unknown as Offer }, /its storage lacks/))
    it('half an auth', () =>
      refusesPlugin({ setup: () => ({ auth: { mechanism: 'x' } }) as unknown as Offer }, /its auth lacks/))
    it('half a search index', () =>
      refusesPlugin({ setup: () => ({ search: { search() {} } }) as unknown as Offer }, /its search lacks/))
    it('two search indexes', async () => {
      const finds = plugin({ setup: () => ({ search: openMemorySearch() }) })
      const builtIns = { memory: memory(), finds }
      const entries = [{ use: 'memory' }, { use: 'finds', as: 'one' }, { use: 'finds', as: 'two' }]
      await refused(load(entries, { builtIns }), /"two".*offers search, and so does "finds" as "one"/)
    })
    it('a setup that throws', () =>
      refusesPlugin({ setup: () => assert.fail('the dog ate it') }, /its setup failed: the dog ate it/))
    it('a setup that never ends', () => refusesPlugin({ setup: () => new Promise(() => {}) }, /its setup does not end/))

    it('options that its schema refuses, without quoting them', async () => {
      const optionsSchema = {
        type: 'object',
        properties: { password: { type: 'number' }, retries: { type: 'integer' } },
        additionalProperties: false,
      }
      const builtIns = { mine: plugin({ optionsSchema, setup: () => ({ storage: openMemoryStorage() }) }) }
      const fails = (options: unknown, message: RegExp) =>
        refused(load([{ use: 'mine', options }], { builtIns }), message)
      await fails({ retrys: 1 }, /"mine".*options are wrong: unknown key "retrys" \(did you mean "retries"\?\)/)
      await fails({ password: 'hunter2' }, /^(?!.*hunter2).*"password" must be a number/)
      await fails('text', /must be an object/)
    })

    it('options that it refuses itself', () =>
      refusesPlugin(
        { parseOptions: () => assert.fail('the port is odd'), setup: () => ({}) },
        /options are wrong: the port is odd/,
      ))

    it('options from an environment variable or file that is not there', async () => {
      const builtIns = { memory: memory() }
      await refused(
        load([{ use: 'memory', options: { url: { env: 'NONE' } } }], { builtIns, env: {} }),
        /variable NONE, which is not set/,
      )
      await refused(
        load([{ use: 'memory', options: { url: { file: 'none' } } }], { builtIns }),
        /none, which cannot be read/,
      )
    })

    it('two storages', () =>
      refused(load(['one', 'two'], { builtIns: { one: memory(), two: memory('other') } }), /"two".*so does "one"/))
    it('no storage', () =>
      refused(
        load(['none'], { builtIns: { none: plugin({ setup: () => ({}) }) } }),
        /None of the plugins.*offers storage/,
      ))
    it('an empty list', () => refused(load([]), /None of the plugins.*offers storage/))

    it('two plugins of one name', () =>
      refused(load(['memory', 'memory'], { builtIns: { memory: memory() } }), /"memory".*is taken.*"as"/))

    it('two that sign in by the same mechanism', () => {
      const auth = { mechanism: 'prompt', signIn: async () => ({ is: 'deny' }) as const }
      const builtIns = {
        a: plugin({ name: 'a', setup: () => ({ auth }) }),
        b: plugin({ name: 'b', setup: () => ({ auth }) }),
        memory: memory(),
      }
      return refused(load(['a', 'b', 'memory'], { builtIns }), /"b".*"prompt", and so does "a"/)
    })

    it('a storage that is not durable, unless that will do', async () => {
      const builtIns = { memory: memory() }
      await refused(
        load(['memory'], { builtIns, allowVolatile: false }),
        /"memory".*does not survive a power cut.*"volatile": true/,
      )
      await (await load(['memory'], { builtIns, allowVolatile: true })).close()
    })

    it('a storage that asks for a secret to begin with', async () => {
      const selfish = plugin({
        async setup(host) {
          await host.secret('key', () => Buffer.from('x'))
          return { storage: openMemoryStorage() }
        },
      })
      const secretBox = SecretBox.open(join(dir, 'registry.key'), {})
      await refused(load(['selfish'], { builtIns: { selfish }, secretBox }), /offers storage/)
      assert.equal(existsSync(join(dir, 'registry.key')), false)
    })

    it('the storage that failed, not the plugin that waited for it', async () => {
      const waits = plugin({
        name: 'waits',
        setup: async host => {
          await host.secret('key', () => Buffer.from('x'))
          return {}
        },
      })
      const fails = plugin({ name: 'fails', setup: () => assert.fail('no disk') })
      const secretBox = SecretBox.open(join(dir, 'registry.key'), {})
      await refused(load(['waits', 'fails'], { builtIns: { waits, fails }, secretBox }), /"fails".*no disk/)
      const hangs = plugin({ name: 'hangs', setup: () => new Promise(() => {}) })
      const deadlines = { setup: 30, close: 30 }
      await refused(
        load(['waits', 'hangs'], { builtIns: { waits, hangs }, secretBox, deadlines }),
        /"hangs".*does not end/,
      )
    })
  })

  it('keeps the codes of a storage that cannot be opened', async () => {
    const folder = join(dir, 'data', 'storage-sqlite')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'data.db'), 'no database')
    await assert.rejects(load(['sqlite'], { builtIns: { sqlite: storageSqlite } }), {
      name: 'ParleyError',
      code: 'damaged-data',
    })
  })

  it('refuses storage that a newer program has written, whatever holds it', async () => {
    const storage = openMemoryStorage()
    await storage.write([{ put: 'format', value: Buffer.from('2') }])
    const builtIns = { memory: plugin({ setup: () => ({ storage }) }) }
    await assert.rejects(load(['memory'], { builtIns }), {
      code: 'newer-data',
      message: /written by a newer Parley.*update Parley/,
    })
    await storage.write([{ put: 'format', value: Buffer.from('?') }])
    await assert.rejects(load(['memory'], { builtIns }), { code: 'damaged-data' })
  })

  it('closes what was set up when another one fails, however late it gets ready', async () => {
    const closed: string[] = []
    const ready = Promise.withResolvers<void>()
    const late = plugin({
      name: 'late',
      async setup() {
        await ready.promise
        return { close: () => void closed.push('late') }
      },
    })
    const early = plugin({
      name: 'early',
      setup: () => ({ storage: openMemoryStorage(), close: () => void closed.push('early') }),
    })
    await refused(load(['early', 'late'], { builtIns: { early, late }, deadlines: { setup: 30, close: 30 } }), /"late"/)
    assert.deepEqual(closed, ['early'])
    ready.resolve()
    await new Promise(setImmediate)
    assert.deepEqual(closed, ['early', 'late'])
  })

  it('ends when the daemon stops meanwhile', async () => {
    const stopping = new AbortController()
    const hangs = plugin({ setup: () => new Promise(() => {}) })
    const loading = load(['hangs'], {
      builtIns: { hangs },
      signal: stopping.signal,
      deadlines: { setup: 10_000, close: 10 },
    })
    stopping.abort()
    await assert.rejects(loading, { code: 'closed' })
  })

  function load(
    entries: readonly (string | PluginEntry)[],
    { builtIns = {}, ...more }: Partial<Omit<PluginsOptions, 'builtIns'>> & { builtIns?: Record<string, Plugin> } = {},
  ) {
    return loadPlugins({
      entries: entries.map(entry => (typeof entry === 'string' ? { use: entry } : entry)),
      builtIns: Object.fromEntries(Object.entries(builtIns).map(([use, plugin]) => [use, async () => plugin])),
      configDir: dir,
      dirs: locations(dir),
      log: silentLog,
      signal: new AbortController().signal,
      allowVolatile: true,
      deadlines: { setup: 2_000, close: 1_000 },
      ...more,
    })
  }

  async function refused(loading: Promise<unknown>, message: RegExp): Promise<void> {
    await assert.rejects(loading, (error: Error & { code?: string }) => {
      assert.equal(error.code, 'plugin', error.stack)
      assert.match(error.message, message)
      assert.match(error.message, /^[^\n]+\.$/)
      return true
    })
  }

  function refuses(use: string, message: RegExp): Promise<void> {
    return refused(load([use]), message)
  }

  function refusesModule(source: string, message: RegExp): Promise<void> {
    writeFileSync(join(dir, 'bad.mjs'), source)
    return refused(load(['./bad.mjs'], { deadlines: { setup: 200, close: 200 } }), message)
  }

  function refusesPlugin(bad: Partial<Plugin> & Pick<Plugin, 'setup'>, message: RegExp): Promise<void> {
    return refused(load(['bad'], { builtIns: { bad: plugin(bad) }, deadlines: { setup: 50, close: 50 } }), message)
  }
})

function plugin(more: Partial<Plugin> & { setup(host: Host, options: unknown): Offer | Promise<Offer> }): Plugin {
  return definePlugin<unknown>({ name: 'mine', api: 1, ...more })
}

function memory(name = 'memory'): Plugin {
  return plugin({ name, setup: () => ({ storage: openMemoryStorage() }) })
}

/** A plugin's module that needs nothing installed: a storage that keeps nothing but its format. */
function module(offer: string): string {
  return `
    const rows = new Map()
    const storage = {
      durable: true,
      get: async keys => keys.map(key => rows.get(key)),
      list: async () => ({ rows: [], more: false }),
      write: async changes => {
        for (const { put, value } of changes) if (put) rows.set(put, value)
        return 'committed'
      },
    }
    export default { name: 'mine', api: 1, setup: () => ({ ${offer.startsWith('storage:') ? offer : 'storage'} }) }
  `.replaceAll(': async keys =>', ': async (keys) =>')
}
