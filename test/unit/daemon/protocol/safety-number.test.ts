import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fromText, registryId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { deviceDigits, safetyNumber, sameDigits } from '../../../../daemon/src/protocol/safety-number.ts'
import { makeKey, makePerson, makeRegistry } from '../../../support/statements.ts'

const registry = makeRegistry()
const owner = (name: string) => {
  const { user, account } = makePerson(registry, name, 0)
  return { registry: registry.id, user, accountKey: account.spki }
}

describe('a safety number', () => {
  const [alice, bob] = [owner('alice'), owner('bob')]

  it('has twelve groups of five digits, and is the same at both ends', () => {
    const digits = safetyNumber(alice, bob)
    assert.match(digits, /^\d{5}( \d{5}){11}$/)
    assert.equal(safetyNumber(bob, alice), digits)
  })

  it('changes with either key, and with the registry', () => {
    const digits = safetyNumber(alice, bob)
    assert.notEqual(safetyNumber({ ...alice, accountKey: makeKey().spki }, bob), digits)
    assert.notEqual(safetyNumber(alice, { ...bob, accountKey: makeKey().spki }), digits)
    const direct = registryId(new Uint8Array(32))
    assert.notEqual(safetyNumber({ ...alice, registry: direct }, { ...bob, registry: direct }), digits)
  })

  it('is what the reference says in words', () => {
    const read = JSON.parse(readFileSync(new URL('../../../vectors/safety-numbers.json', import.meta.url), 'utf8'))
    const half = (key: Buffer, user: string) => {
      let bytes = Buffer.concat([Buffer.alloc(2), key, fromText(read.registry), fromText(userId(user))])
      for (let round = 0; round < 5_200; round++) bytes = createHash('sha512').update(bytes).update(key).digest()
      const groups = [0, 5, 10, 15, 20, 25].map(at => bytes.readUIntBE(at, 5) % 100_000)
      return groups.map(group => String(group).padStart(5, '0')).join(' ')
    }
    const halves = read.people.map(({ user, accountKey }: { user: string; accountKey: string }) =>
      half(Buffer.from(accountKey, 'hex'), user),
    )
    assert.equal(read.digits, halves.sort().join(' '))
    const { of, key, digits } = read.pendingDevice
    assert.equal(digits, half(Buffer.from(of.accountKey + key, 'hex'), of.user))
  })
})

describe('the digits of a pending device', () => {
  const alice = owner('alice')
  const device = makeKey().spki

  it('are thirty, and others for every other device and every other account key', () => {
    const digits = deviceDigits(alice, device)
    assert.match(digits, /^\d{5}( \d{5}){5}$/)
    assert.notEqual(deviceDigits(alice, makeKey().spki), digits)
    assert.notEqual(deviceDigits({ ...alice, accountKey: makeKey().spki }, device), digits)
  })

  it('are compared as people do', () => {
    assert.ok(sameDigits('12345 67890', '12345-67890'))
    assert.ok(sameDigits(' 1234567890\n', '12345 67890'))
    assert.ok(!sameDigits('12345 67890', '12345 67891'))
  })
})
