import assert from 'node:assert/strict'
import authPassword from '@parley/auth-password'
import storageMemory from '@parley/storage-memory'
import storageSqlite from '@parley/storage-sqlite'
import { Ajv } from 'ajv'
import { configSchema } from '../../../daemon/src/config.ts'
import { faultOf } from '../../../daemon/src/schema.ts'

describe('schemas', () => {
  it('that are ours are right, for they are not looked at when a daemon starts', () => {
    const ajv = new Ajv({ strict: false, allowUnionTypes: true })
    const ours = [configSchema, ...[authPassword, storageMemory, storageSqlite].map(plugin => plugin.optionsSchema)]
    for (const schema of ours) assert.equal(ajv.validateSchema(schema ?? {}), true, ajv.errorsText())
  })

  it('of others are looked at before they are used', () => {
    const schema = { type: 'object', properties: { port: { type: 'integer', minimum: 'one' } } }
    assert.throws(() => faultOf(schema, {}, 'others'), /schema is invalid/)
  })
})
