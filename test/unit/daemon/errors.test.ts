import assert from 'node:assert/strict'
import { StorageError, StorageLimitError } from '@parley/kit'
import { asParleyError, errorFrom, ParleyError } from '../../../daemon/src/errors.ts'

describe('errors', () => {
  it('keep their code, whoever reports them', () => {
    const error = new ParleyError('name-taken', 'The name is taken.')
    assert.equal(asParleyError(error), error)
    assert.equal(errorFrom('name-taken', 'x').code, 'name-taken')
    assert.equal(errorFrom('of-a-newer-program', 'x').code, 'internal')
  })

  it('of a storage keep code and words, from any copy of the kit', () => {
    for (const code of ['storage', 'newer-data', 'damaged-data'] as const) {
      const error = asParleyError(new StorageError(code, 'The disk is full.'))
      assert.deepEqual([error.code, error.message], [code, 'The disk is full.'])
    }
    const copy = Object.assign(new Error('The disk is full.'), { name: 'StorageError', code: 'storage' })
    assert.equal(asParleyError(copy).code, 'storage')
    assert.equal(asParleyError(Object.assign(new Error(), { name: 'StorageError', code: 'usage' })).code, 'internal')
    assert.equal(asParleyError(new StorageLimitError('too long')).code, 'internal')
  })

  it('of anything else are internal, with their cause', () => {
    const cause = new TypeError('x is undefined')
    const error = asParleyError(cause)
    assert.deepEqual([error.code, error.cause], ['internal', cause])
    assert.equal(asParleyError('text').code, 'internal')
  })
})
