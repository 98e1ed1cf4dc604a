import assert from 'node:assert/strict'
import { toBinary } from '@bufbuild/protobuf'
import { NameRowSchema, UserRowSchema } from '../../../../daemon/src/protocol/registry_rows_pb.ts'
import { encodeRow, readRow, rowKeys } from '../../../../daemon/src/registry/rows.ts'
import { openMemoryStorage } from '../../../../plugins/storage-memory/src/index.ts'
import { refusal } from '../../../support/errors.ts'
import { registryMemory, startTestRegistry } from '../../../support/registry.ts'

describe('the rows of a registry', () => {
  it('keep what a newer program wrote into them', () => {
    const newer = Uint8Array.from([...encodeRow(NameRowSchema, { user: new Uint8Array(16) }), 0x9a, 0x06, 1, 7])
    const row = readRow(NameRowSchema, newer)
    assert.ok(row)
    assert.deepEqual(toBinary(NameRowSchema, row), newer)
  })

  it('that are damaged are named as such, at the start too', async () => {
    refusal(() => readRow(UserRowSchema, Uint8Array.of(10, 200)), 'damaged-data')
    const storage = openMemoryStorage()
    await storage.write([{ put: `${rowKeys.users}x`, value: Uint8Array.of(10, 200) }])
    await assert.rejects(startTestRegistry({ memory: registryMemory(storage) }), { code: 'damaged-data' })
  })

  it('have keys that any storage takes, whatever the name', () => {
    assert.equal(rowKeys.name('ümlaut name'), 'name/%C3%BCmlaut%20name')
  })
})
