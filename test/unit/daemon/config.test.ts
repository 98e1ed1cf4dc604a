import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { configSchema, findConfig, loadConfig, usualPlugins } from '../../../daemon/src/config.ts'
import { ParleyError } from '../../../daemon/src/errors.ts'
import { locations } from '../../../daemon/src/locations.ts'

describe('configuration', () => {
  let dir: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-config-'))
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('has a default for everything', () => {
    assert.deepEqual(loadConfig(undefined), {
      dir: process.cwd(),
      registry: {
        listen: ['[::]:3131'],
        heartbeat: '[::]:5151',
        name: 'Parley',
        classic: 'loopback',
        classicTimeout: 60_000,
        volatile: false,
      },
      // Where a hub listens is the person's choice, or the platform's.
      hub: { classic: 'loopback' },
    })
    assert.deepEqual({ ...load('{}'), dir: '' }, { ...loadConfig(undefined), dir: '' })
  })

  it('takes proxies in front and on the way out, and says which one is wrong without quoting it', () => {
    const config = load(
      '{ "registry": { "trustedProxies": ["10.0.0.0/8", "::1"] }, "hub": { "proxy": "http://p:3128" } }',
    )
    assert.deepEqual(config.registry.trustedProxies, ['10.0.0.0/8', '::1'])
    assert.equal(config.hub.proxy, 'http://p:3128')
    assert.throws(() => load('{ "registry": { "trustedProxies": ["10.0.0.0/99"] } }'), {
      code: 'bad-config',
      message: /"registry\.trustedProxies": "10\.0\.0\.0\/99" is neither/,
    })
    assert.throws(
      () => load('{ "hub": { "proxy": "socks5://alice:secret@p:1" } }'),
      error => /"hub\.proxy": The proxy is no URL/.test(String(error)) && !String(error).includes('secret'),
    )
  })

  it('gives a hub storage alone: signing people in is a registry’s', () => {
    assert.deepEqual(usualPlugins(['hub']), [{ use: '@parley/storage-sqlite' }])
    assert.deepEqual(usualPlugins(['registry']), [{ use: '@parley/storage-sqlite' }, { use: '@parley/auth-password' }])
  })

  it('takes what a team writes', () => {
    const config = load(`\uFEFF{
      "$schema": "./parley.schema.json",
      "plugins": ["@parley/auth-password", { "use": "./my-storage.js", "options": { "url": { "env": "STORE_URL" } } }],
      "registry": { "listen": ["[::]:3131"], "heartbeat": "[::]:5151", "public": "chat.acme.dev:3131", "name": "Acme",
                    "signUp": "invite", "classic": "off", "classicTimeout": "5s", "volatile": true },
      "hub": { "listen": ["127.0.0.1:0"], "linger": "always" }
    }`)
    assert.equal(config.dir, dir)
    assert.deepEqual(config.plugins, [
      { use: '@parley/auth-password' },
      { use: './my-storage.js', options: { url: { env: 'STORE_URL' } } },
    ])
    assert.equal(config.registry.public, 'chat.acme.dev:3131')
    assert.equal(config.registry.signUp, 'invite')
    assert.equal(config.registry.classicTimeout, 5_000)
    assert.equal(config.registry.volatile, true)
    assert.equal(config.hub.linger, 'always')
    assert.equal(load('{"hub":{"linger":"2h"}}').hub.linger, 7200_000)
  })

  it('takes no time that a timer would take for none', () => {
    const config = load('{"hub":{"linger":"30d"},"registry":{"classicTimeout":"999999999d"}}')
    assert.equal(config.hub.linger, 2 ** 31 - 1)
    assert.equal(config.registry.classicTimeout, 2 ** 31 - 1)
  })

  it('quotes nothing of a file that is not JSON: it may hold passwords', () => {
    const texts = [
      '{"password":hunter2}',
      '{"password":"hunter2",}',
      '{"a":1 hunter2',
      'hunter2',
      '{"password": \nhunter2 }',
    ]
    for (const text of texts) {
      assert.throws(
        () => load(text),
        ({ message }: Error) => /it is not JSON: /.test(message) && !/hunter2|assword/.test(message),
      )
    }
  })

  it('is the given file, else the home’s own', () => {
    assert.equal(findConfig(locations(dir)), undefined)
    load('{}')
    assert.equal(findConfig(locations(dir)), join(dir, 'parley.json'))
    assert.equal(findConfig(locations(dir), '/etc/parley.json'), '/etc/parley.json')
  })

  refuses('{"plugin":[]}', 'unknown key "plugin" (did you mean "plugins"?)')
  refuses('{"registry":{"signup":"open"}}', 'unknown key "registry.signup" (did you mean "signUp"?)')
  refuses('{"hub":{"elephants":1}}', 'unknown key "hub.elephants".')
  refuses('{"plugins":[{"use":"x","opitons":{}}]}', 'unknown key "plugins.0.opitons" (did you mean "options"?)')
  refuses('{"plugins":[{"as":"x"}]}', '"plugins.0.use" is missing')
  refuses('{"plugins":[7]}', '"plugins.0" must be a string or an object')
  refuses('{"plugins":[{"use":"x","as":"../x"}]}', '"plugins.0.as" must be up to 64 of a-z')
  refuses('{"registry":{"signUp":"opne"}}', '"registry.signUp" must be one of "open", "invite", "closed"')
  refuses('{"registry":{"listen":["what is this"]}}', '"registry.listen.0": "what is this" is not an address')
  refuses('{"registry":{"public":"chat.acme.dev:99999"}}', '"registry.public": ')
  refuses('{"registry":{"volatile":"yes"}}', '"registry.volatile" must be a boolean')
  refuses('{"hub":{"linger":"10 minutes"}}', '"hub.linger" must be "always", or a time such as "10m"')
  refuses('[]', 'it must be an object')
  refuses('{"hub":', 'it is not JSON')
  refuses('', 'it is not JSON')

  it('names a file that is not there, or too large', () => {
    assert.throws(() => loadConfig(join(dir, 'none.json')), {
      code: 'bad-config',
      message: /none\.json: it cannot be read.*ENOENT/,
    })
    writeFileSync(join(dir, 'large.json'), ' '.repeat(1024 * 1024 + 1))
    assert.throws(() => loadConfig(join(dir, 'large.json')), { code: 'bad-config', message: /too large/ })
  })

  it('throws nothing but its own error, whatever the file holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.string().map(text => `junk\n${text}`),
          fc.dictionary(fc.constantFrom('plugins', 'registry', 'hub', 'x'), fc.jsonValue()).map(v => JSON.stringify(v)),
        ),
        text => {
          try {
            load(text)
          } catch (error) {
            assert.ok(error instanceof ParleyError && error.code === 'bad-config', String(error))
            assert.doesNotMatch(error.message, /[\r\n]/, 'one sentence is one line')
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('has its schema in the documentation, for editors', () => {
    const file = new URL('../../../docs/reference/parley.schema.json', import.meta.url)
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), configSchema)
  })

  it('has every key in its reference', () => {
    const text = readFileSync(new URL('../../../docs/reference/configuration.md', import.meta.url), 'utf8')
    const { registry, hub, plugins } = configSchema.properties
    const keys = [registry, hub, plugins.items].flatMap(part => Object.keys(part.properties))
    for (const key of keys) assert.ok(text.includes(`\`${key}\``), `${key} is not explained`)
  })

  function load(text: string) {
    const file = join(dir, 'parley.json')
    writeFileSync(file, text)
    return loadConfig(file)
  }

  function refuses(text: string, words: string): void {
    it(`refuses ${text === '' ? 'an empty file' : text}`, () => {
      assert.throws(
        () => load(text),
        (error: unknown) => {
          assert.ok(error instanceof ParleyError)
          assert.equal(error.code, 'bad-config')
          assert.ok(error.message.startsWith(`${join(dir, 'parley.json')}: ${words}`), error.message)
          assert.match(error.message, /^[^\n]+\.$/)
          return true
        },
      )
    })
  }
})
