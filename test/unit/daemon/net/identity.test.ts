import assert from 'node:assert/strict'
import { generateKeyPairSync, hash, X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import {
  createIdentity,
  loadIdentity,
  loadOrCreateIdentity,
  replaceIdentity,
} from '../../../../daemon/src/net/identity.ts'

describe('an identity', () => {
  it('has as id the hash of its key, and a certificate that shows the key', async () => {
    const identity = await createIdentity()
    const certificate = new X509Certificate(identity.certificate)
    const shown = certificate.publicKey.export({ type: 'spki', format: 'der' })
    assert.deepEqual(new Uint8Array(shown), new Uint8Array(identity.spki))
    assert.equal(identity.spki.length, 91)
    assert.deepEqual(Buffer.from(identity.id), hash('sha256', identity.spki, 'buffer'))
    assert.ok(certificate.verify(certificate.publicKey), 'the certificate signs itself')
  })

  it('tells nothing but its key: subjects, numbers and dates are the same in all', async () => {
    const [one, other] = [await createIdentity(), await createIdentity()].map(i => new X509Certificate(i.certificate))
    for (const field of ['subject', 'issuer', 'serialNumber', 'validFrom', 'validTo'] as const) {
      assert.equal(one?.[field], other?.[field])
    }
    assert.equal(one?.subject, 'CN=parley')
  })

  it('refuses a key of another curve', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    await assert.rejects(createIdentity(privateKey), ParleyError)
  })
})

describe('the identity in a file', () => {
  let folder = ''
  let file = ''
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-identity-'))
    file = path.join(folder, 'device.key')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is made once, readable by its owner alone, and found again', async () => {
    const made = await loadOrCreateIdentity(file)
    const found = await loadOrCreateIdentity(file)
    assert.deepEqual(found.id, made.id)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder), ['device.key'], 'no draft is left')
  })

  it('keeps its certificate beside the key, but none of another key', async () => {
    const made = await loadOrCreateIdentity(file)
    assert.equal((await loadOrCreateIdentity(file)).certificate, made.certificate)
    const other = await createIdentity()
    for (const stray of ['', other.certificate, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']) {
      await writeFile(file, made.keyPem + stray)
      const found = await loadOrCreateIdentity(file)
      assert.deepEqual(found.id, made.id)
      const { publicKey } = new X509Certificate(found.certificate)
      assert.deepEqual(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })), new Uint8Array(made.spki))
    }
  })

  it('is put in the place of another, for its owner alone, and is none before', async () => {
    assert.equal(await loadIdentity(file), undefined)
    await loadOrCreateIdentity(file)
    const other = await createIdentity()
    await replaceIdentity(file, other)
    assert.deepEqual((await loadIdentity(file))?.id, other.id)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  it('is the same for all who make it at once', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateIdentity(file)))
    const ids = new Set(made.map(({ id }) => Buffer.from(id).toString('hex')))
    assert.equal(ids.size, 1)
    assert.deepEqual(await readdir(folder), ['device.key'])
  })

  it('is refused and left alone when it is damaged', async () => {
    await writeFile(file, 'not a key', { mode: 0o600 })
    await assert.rejects(loadOrCreateIdentity(file), { code: 'damaged-data' })
    assert.equal(await readFile(file, 'utf8'), 'not a key')
  })

  it('is refused when it is a key of another kind', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    await assert.rejects(loadOrCreateIdentity(file), { code: 'damaged-data' })
  })

  it('is refused when others can read it, or when it is a link', async () => {
    await loadOrCreateIdentity(file)
    await chmod(file, 0o640)
    await assert.rejects(loadOrCreateIdentity(file), { code: 'home', message: /chmod 600/ })
    await chmod(file, 0o600)
    const alias = path.join(folder, 'alias.key')
    await symlink(file, alias)
    await assert.rejects(loadOrCreateIdentity(alias), { code: 'home', message: /not a plain file/ })
  })
})
