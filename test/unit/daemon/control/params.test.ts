import assert from 'node:assert/strict'
import { createParamsChecks } from '../../../../daemon/src/control/params.ts'
import { ParleyError } from '../../../../daemon/src/errors.ts'

describe('the checks of what front ends ask', () => {
  it('take each method that needs nothing, and name what is missing of each other one', () => {
    const checks = Object.entries(createParamsChecks())
    assert.ok(checks.length > 70)
    let taken = 0
    for (const [method, check] of checks) {
      try {
        assert.deepEqual(check(undefined), {})
        taken++
      } catch (error) {
        assert.ok(error instanceof ParleyError, method)
        assert.equal(error.code, 'usage')
        assert.match(error.message, new RegExp(`^The request ${method} is not valid: .* must have required property`))
      }
    }
    assert.ok(taken > 10 && taken < checks.length)
  })

  it('name the value that is wrong, and let through what a newer front end says besides', () => {
    const { who } = createParamsChecks()
    assert.deepEqual(who({ query: 'b', limit: 3, colour: 'blue' }), { query: 'b', limit: 3, colour: 'blue' })
    assert.throws(() => who({ limit: 0 }), { code: 'usage', message: /limit must be >= 1/ })
  })
})
