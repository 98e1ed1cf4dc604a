import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { SecretBox } from '../../../../daemon/src/plugins/secrets.ts'
import { toText } from '../../../../daemon/src/protocol/ids.ts'

const row = 'secret/registry/key'
const secret = () => Buffer.from('a secret of some length')

describe('sealed secrets', () => {
  let dir: string
  let file: string
  let storage: Storage

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-secrets-'))
    file = join(dir, 'registry.key')
    storage = openMemoryStorage()
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('are made once and found again by whoever has storage and key', async () => {
    const made = await SecretBox.open(file, {}).getOrCreate(storage, row, secret)
    const found = await SecretBox.open(file, {}).getOrCreate(storage, row, () => assert.fail('made twice'))
    assert.deepEqual([...found], [...made])
    assert.deepEqual([...((await SecretBox.open(file, {}).get(storage, row)) ?? [])], [...secret()])
    assert.equal(await SecretBox.open(file, {}).get(storage, 'secret/none'), undefined)
  })

  it('are one, however many ask at once', async () => {
    let made = 0
    const asking = Array.from({ length: 20 }, () =>
      SecretBox.open(file, {}).getOrCreate(storage, row, () => Buffer.from(`secret ${++made}`)),
    )
    assert.equal(new Set((await Promise.all(asking)).map(String)).size, 1)
  })

  it('stand in storage as AES-256-GCM: 12 bytes of nonce, sealed bytes, tag, with the row’s key as additional data', async () => {
    await SecretBox.open(file, {}).getOrCreate(storage, row, secret)
    const [sealed] = await storage.get([row])
    assert.ok(sealed)
    const decipher = createDecipheriv('aes-256-gcm', readFileSync(file), sealed.subarray(0, 12))
    decipher.setAAD(Buffer.from(row)).setAuthTag(sealed.subarray(-16))
    const opened = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
    assert.deepEqual(opened, secret())
    assert.ok(!Buffer.from(sealed).includes('secret'))
  })

  it('have a key of 32 bytes in a file for its owner alone', async () => {
    await SecretBox.open(file, {}).getOrCreate(storage, row, secret)
    assert.equal(statSync(file).size, 32)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(dir), ['registry.key'])
  })

  it('may have their key in the environment, and then make no file', async () => {
    const env = { PARLEY_REGISTRY_KEY: toText(Buffer.alloc(32, 9)) }
    await SecretBox.open(file, env).getOrCreate(storage, row, secret)
    assert.equal(existsSync(file), false)
    assert.deepEqual([...((await SecretBox.open(file, env).get(storage, row)) ?? [])], [...secret()])
    const wrong = SecretBox.open(file, { PARLEY_REGISTRY_KEY: 'too-short' })
    await assert.rejects(wrong.get(storage, row), { code: 'home', message: /^(?!.*too-short).*32 bytes in base32/ })
  })

  it('make no key before one is needed', () => {
    SecretBox.open(file, {})
    assert.equal(existsSync(file), false)
  })

  it('are not made anew when their key is lost: the words say what to restore', async () => {
    await SecretBox.open(file, {}).getOrCreate(storage, row, secret)
    rmSync(file)
    const asking = SecretBox.open(file, {}).getOrCreate(storage, row, secret)
    await assert.rejects(asking, { code: 'home', message: /registry\.key is missing.*restore it from a backup/ })
    assert.equal(existsSync(file), false)
  })

  it('do not open with another key, in another row, cut or altered', async () => {
    const box = SecretBox.open(file, {})
    await box.getOrCreate(storage, row, secret)
    const [sealed = new Uint8Array()] = await storage.get([row])
    const refused = { code: 'damaged-data', message: /does not open the secret secret\/registry\/key/ }
    for (const wrong of [
      sealed.subarray(0, 20),
      sealed.subarray(0, -1),
      new Uint8Array(),
      sealed.with(15, (sealed[15] ?? 0) ^ 1),
    ]) {
      await storage.write([{ put: row, value: wrong }])
      await assert.rejects(box.get(storage, row), refused)
    }
    await storage.write([{ put: 'secret/other', value: sealed }])
    await assert.rejects(box.get(storage, 'secret/other'), { code: 'damaged-data' })
    await storage.write([{ put: row, value: sealed }])
    const other = SecretBox.open(file, { PARLEY_REGISTRY_KEY: toText(Buffer.alloc(32, 9)) })
    await assert.rejects(other.get(storage, row), refused)
  })

  it('refuse a key file that is no key, a link, or open to others', async () => {
    const refusedAs = async (message: RegExp) => {
      await assert.rejects(SecretBox.open(file, {}).getOrCreate(storage, row, secret), { code: 'home', message })
      rmSync(file)
    }
    writeFileSync(file, 'short', { mode: 0o600 })
    await refusedAs(/not a file of 32 bytes/)
    writeFileSync(join(dir, 'real'), Buffer.alloc(32), { mode: 0o600 })
    symlinkSync(join(dir, 'real'), file)
    await refusedAs(/not a file of 32 bytes/)
    writeFileSync(file, Buffer.alloc(32))
    chmodSync(file, 0o644)
    await refusedAs(/can be read by other users/)
  })
})
