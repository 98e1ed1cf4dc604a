import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import {
  chunksOf,
  fileOf,
  hashOfChunk,
  hashOfFile,
  readAttachment,
  safeFileName,
} from '../../../../daemon/src/protocol/files.ts'
import { toText } from '../../../../daemon/src/protocol/ids.ts'
import { FileSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { refusal } from '../../../support/errors.ts'

const hash = new Uint8Array(32).fill(5)

describe('files as messages name them', () => {
  it('are hashed by the hashes of their chunks', () => {
    const one = hashOfChunk(Buffer.from('hello'))
    assert.equal(Buffer.from(one).toString('hex').slice(0, 16), '2cf24dba5fb0a30e')
    assert.equal(hashOfFile(one), toText(hashOfChunk(one)))
    assert.deepEqual([0, 1, limits.fileChunk, limits.fileChunk + 1, limits.fileSize].map(chunksOf), [
      0,
      1,
      1,
      2,
      limits.fileSize / limits.fileChunk,
    ])
  })

  it('are read as they were written', () => {
    const written = { hash: toText(hash) as ReturnType<typeof hashOfFile>, name: 'Plan.pdf', size: 7 }
    const image = { ...written, type: 'image/png', width: 30, height: 40 }
    assert.deepEqual(readAttachment(fileOf(image)), image)
    const plain = { ...written, type: 'application/pdf' }
    assert.deepEqual(readAttachment(fileOf(plain)), plain)
  })

  it('lose what could mislead and keep the rest', () => {
    const hostile = { name: '../../etc/pass\u202ewd\0', type: 'text/html; charset=\n', width: 3, height: 0 }
    const read = readAttachment(create(FileSchema, { hash, size: 1n, ...hostile }))
    assert.deepEqual(read, { hash: toText(hash), name: 'passwd', size: 1, type: 'application/octet-stream' })
  })

  it('are refused with another hash or more bytes than a file may have', () => {
    refusal(() => readAttachment(create(FileSchema, { hash: hash.subarray(1), size: 1n })), 'bad-message')
    refusal(() => readAttachment(create(FileSchema, { hash, size: BigInt(limits.fileSize) + 1n })), 'bad-message')
    refusal(() => readAttachment(create(FileSchema, { hash, size: 2n ** 64n - 1n })), 'bad-message')
  })
})

describe('names of files', () => {
  it('keep what is harmless', () => {
    for (const name of ['report.pdf', '.gitignore', 'Übersicht (2).xlsx', '写真 👨‍👩‍👧.jpg', 'a.tar.gz']) {
      assert.equal(safeFileName(name), name)
    }
  })

  it('lose folders, controls, turned text and what Windows takes for something else', () => {
    const cases = {
      'C:\\Users\\me\\a.txt': 'a.txt',
      '/etc/passwd': 'passwd',
      '..': 'file',
      '': 'file',
      'a\u202etxt.exe': 'atxt.exe',
      'evil.exe . .': 'evil.exe',
      CON: '_CON',
      'nul.txt': '_nul.txt',
      'com¹': '_com¹',
      'console.log': 'console.log',
      'a:b?.txt': 'a_b_.txt',
      ' \ta \n b ': 'a b',
    }
    for (const [given, safe] of Object.entries(cases)) assert.equal(safeFileName(given), safe, JSON.stringify(given))
  })

  it('are cut before their extension', () => {
    const name = safeFileName(`${'é'.repeat(400)}.jpeg`)
    assert.equal(Buffer.byteLength(name) <= limits.fileName, true)
    assert.match(name, /^é+\.jpeg$/)
  })

  it('are safe whatever was given, and stay as they are from then on', () => {
    const piece = fc.constantFrom(
      'con',
      '.',
      ' ',
      '/',
      '\\',
      '\0',
      'é',
      'e\u0301',
      '\u202e',
      'a'.repeat(120),
      '👩‍👧',
      '\ud800',
    )
    const given = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 12 }).map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(given, text => {
        const name = safeFileName(text)
        assert.equal(safeFileName(name), name)
        assert.equal(Buffer.byteLength(name) <= limits.fileName, true)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        assert.doesNotMatch(name, /[/\\\0-\x1f\x7f<>:"|?*]|[. ]$|^$|^\.\.?$|^(con|nul)(\.|$)/i)
      }),
      { numRuns: 500 },
    )
  })
})
