import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { create, fromJson } from '@bufbuild/protobuf'
import { readParleyLink } from '../../../../daemon/src/protocol/addresses.ts'
import { readBody } from '../../../../daemon/src/protocol/bodies.ts'
import { hasSignedBody, isSigned, readHeader } from '../../../../daemon/src/protocol/entries.ts'
import { encodeFrame, FrameReader } from '../../../../daemon/src/protocol/frames.ts'
import { registryId, toText, userId } from '../../../../daemon/src/protocol/ids.ts'
import { publicKeyOf } from '../../../../daemon/src/protocol/keys.ts'
import { EntrySchema, FrameSchema, SignedSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { readAttestation, readRoster } from '../../../../daemon/src/protocol/statements.ts'
import { makeVectors } from '../../../support/vectors.ts'

interface Files {
  'ids.json': { keys: { name: string; spki: string }[] }
  'signed.json': {
    signed: { kind: string; key: string; alg: number; payload: string; hash: string; signature: string }[]
  }
  'entries.json': {
    entries: {
      header: string
      salt: string
      body: string
      signature: string
      alg: number
      hash: string
      text: string
    }[]
  }
  'frames.json': { frames: { what: string; message: object; bytes: string }[] }
  'links.json': { links: { link: string; host: string; port: number; registry?: string; code?: string }[] }
}

const text = (file: string) => readFileSync(new URL(`../../../vectors/${file}`, import.meta.url), 'utf8')
const read = <File extends keyof Files>(file: File): Files[File] => JSON.parse(text(file))
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const keyNamed = (name: string) => bytes(read('ids.json').keys.find(key => key.name === name)?.spki ?? '')

/** Signatures are different each time, so only that they are there is compared. */
const withoutSignatures = (content: unknown) =>
  JSON.stringify(content, (key, value) => (key === 'signature' ? value.length : value), 1)

describe('golden vectors', () => {
  for (const [file, made] of Object.entries(makeVectors())) {
    it(`of ${file} are what this program makes`, () => {
      assert.equal(withoutSignatures(made), withoutSignatures(JSON.parse(text(file))))
    })
  }

  it('have signatures and hashes that hold by the words of the reference alone', () => {
    for (const { kind, key, payload, hash, signature } of read('signed.json').signed) {
      const covered = Buffer.concat([Buffer.from(`parley/${kind}/1\0`), bytes(payload)])
      const publicKey = createPublicKey({ key: Buffer.from(keyNamed(key)), format: 'der', type: 'spki' })
      assert.ok(verify('sha256', covered, { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes(signature)), kind)
      assert.equal(createHash('sha256').update(covered).digest('hex'), hash)
    }
  })

  it('have statements that are accepted', () => {
    const [attestation, roster] = read('signed.json').signed.map(({ alg, payload, signature }) => {
      return create(SignedSchema, { alg, payload: bytes(payload), signature: bytes(signature) })
    })
    const registry = registryId(createHash('sha256').update(keyNamed('registry')).digest())
    const user = userId(bytes('000102030405060708090a0b0c0d0e0f'))
    const read1 = readAttestation(attestation, { registryKey: keyNamed('registry'), registry, now: 1_800_000_000_000 })
    assert.equal(read1.displayName, 'Ann Ångström')
    const read2 = readRoster(roster, { accountKey: read1.accountKey, registry, user, generation: 1 })
    assert.deepEqual(
      read2.devices.map(({ key }) => key),
      [keyNamed('ann device')],
    )
  })

  it('have entries that are accepted and say their text', () => {
    for (const { header, salt, body, signature, alg, hash, text } of read('entries.json').entries) {
      const fields = { header: bytes(header), salt: bytes(salt), body: bytes(body), signature: bytes(signature), alg }
      const read = readHeader(create(EntrySchema, fields))
      assert.ok(isSigned(read.entry, publicKeyOf(keyNamed('ann device'))) && hasSignedBody(read))
      assert.deepEqual(read.hash, bytes(hash))
      const said = readBody(read.entry.body)
      assert.equal(said && 'text' in said && said.text, text)
    }
  })

  it('have frames that are written and read as they stand', () => {
    for (const { what, message, bytes: hex } of read('frames.json').frames) {
      const frame = fromJson(FrameSchema, JSON.parse(JSON.stringify(message)))
      assert.equal(Buffer.from(encodeFrame(frame)).toString('hex'), hex, what)
      assert.deepEqual(new FrameReader({ limit: 1000 }).push(bytes(hex)), [frame], what)
    }
  })

  it('have links that are read as they say', () => {
    for (const { link, code, ...parts } of read('links.json').links) {
      const expected = { ...parts, version: 1, ...(code === undefined ? {} : { code: bytes(code) }) }
      assert.deepEqual({ ...readParleyLink(link) }, expected)
      if (code !== undefined) assert.ok(link.endsWith(toText(bytes(code))))
    }
  })
})
