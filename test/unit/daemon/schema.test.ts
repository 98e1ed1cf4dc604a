import assert from 'node:assert/strict'
import { configSchema } from '../../../daemon/src/config.ts'
import { faultOf } from '../../../daemon/src/schema.ts'
import authPassword from '../../../plugins/auth-password/src/index.ts'
import storageMemory from '../../../plugins/storage-memory/src/index.ts'
import storageSqlite from '../../../plugins/storage-sqlite/src/index.ts'

describe('schemas', () => {
  it('that are ours are right, for they are not looked at when a daemon starts', () => {
    const ours = [configSchema, ...[authPassword, storageMemory, storageSqlite].map(plugin => plugin.optionsSchema)]
    for (const schema of ours) assert.equal(faultOf(schema ?? assert.fail(), {}, 'others'), undefined)
  })

  it('of others are looked at before they are used', () => {
    const schema = { type: 'object', properties: { port: { type: 'integer', minimum: 'one' } } }
    assert.throws(() => faultOf(schema, {}, 'others'), /schema is invalid/)
  })
})
