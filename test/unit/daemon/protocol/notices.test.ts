import assert from 'node:assert/strict'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import { type Chain, extendChain, firstChain, readChain, signNotice } from '../../../../daemon/src/protocol/notices.ts'
import { NoticeSchema, type Signed } from '../../../../daemon/src/protocol/parley_pb.ts'
import { sign } from '../../../../daemon/src/protocol/signed.ts'
import { readAttestation } from '../../../../daemon/src/protocol/statements.ts'
import { refusal } from '../../../support/errors.ts'
import { makeKey, makePerson, makeRegistry, type TestKey } from '../../../support/statements.ts'

const now = 1_800_000_000_000
const hour = 3600_000

describe('notices of a registry', () => {
  const registry = makeRegistry()
  const second = makeKey()
  const third = makeKey()
  const first = firstChain(registry.spki)
  const moved = (chain: Chain, host: string, by: TestKey) =>
    signNotice(chain, { address: { host, port: 3131 } }, { privateKey: by.privateKey, now })
  const handed = (chain: Chain, by: TestKey, to: TestKey, at = now) =>
    signNotice(chain, { successor: to.spki }, { privateKey: by.privateKey, now: at })

  it('lead from the first key, whose hash is the id, to the present one and the latest address', () => {
    const chain = moved(handed(moved(first, 'a.example', registry), registry, second), 'b.example', second)
    assert.deepEqual(chain.key, second.spki)
    assert.deepEqual(
      chain.addresses.map(({ host }) => host),
      ['b.example', 'a.example'],
    )
    assert.deepEqual(readChain(registry.id, chain.notices), chain)
    assert.deepEqual(extendChain(first, chain.notices), chain)
    assert.equal(extendChain(chain, chain.notices), chain, 'no news')
    assert.equal(extendChain(chain, chain.notices.slice(0, 1)), chain, 'an older list takes nothing away')
  })

  it('keep every change of the key and only the latest addresses', () => {
    let chain = handed(first, registry, second)
    for (let index = 0; index < 10; index++) chain = moved(chain, `host${index}.example`, second)
    assert.equal(chain.notices.length, 1 + limits.noticeAddresses)
    assert.equal(chain.addresses[0]?.host, 'host9.example')
    assert.deepEqual(readChain(registry.id, chain.notices), chain)
  })

  it('count only when the key of that time has signed them', () => {
    const chain = handed(first, registry, second)
    const late = moved(first, 'evil.example', registry)
    refusal(() => signNotice(chain, { address: { host: 'x', port: 1 } }, { ...registry, now }), 'wrong-key')
    // The former key speaks on, under the next number.
    const forged = create(NoticeSchema, {
      registry: fromText(registry.id),
      number: 2n,
      key: registry.spki,
      address: 'x',
    })
    const signed = sign('notice', toBinary(NoticeSchema, forged), registry.privateKey)
    refusal(() => extendChain(chain, [signed]), 'bad-signature')
    refusal(() => extendChain(chain, late.notices), 'forged')
    // The present key is named, but the former one has signed.
    const lie = create(NoticeSchema, { registry: fromText(registry.id), number: 2n, key: second.spki, address: 'x' })
    refusal(
      () => extendChain(chain, [sign('notice', toBinary(NoticeSchema, lie), registry.privateKey)]),
      'bad-signature',
    )
  })

  it('refuse another successor than the one known, be it under an earlier number', () => {
    const chain = handed(first, registry, second)
    refusal(() => extendChain(chain, handed(first, registry, third).notices), 'forged')
    const later = moved(moved(chain, 'a.example', second), 'b.example', second)
    const between = handed(moved(first, 'a.example', registry), registry, third)
    refusal(() => extendChain(later, between.notices), 'forged')
    refusal(() => handed(chain, second, registry), 'forged')
  })

  it('refuse those of another registry, malformed ones and too many', () => {
    const other = makeRegistry()
    const theirs = handed(firstChain(other.spki), other, second)
    refusal(() => readChain(registry.id, theirs.notices), 'wrong-key')
    refusal(() => readChain(registry.id, []), 'wrong-key')
    refusal(() => extendChain(first, theirs.notices), 'forged')
    const notice = handed(first, registry, second).notices[0] as Signed
    refusal(() => extendChain(first, Array(100).fill(notice)), 'bad-frame')
    const garbage = { ...notice, payload: new Uint8Array([0xff]) }
    refusal(() => extendChain(first, [garbage]), 'bad-frame')
  })

  it('give nothing but ParleyErrors for whatever bytes', () => {
    const chain = handed(moved(first, 'a.example', registry), registry, second)
    fc.assert(
      fc.property(fc.nat(400), fc.nat(255), fc.nat(1), (at, byte, which) => {
        const notices = chain.notices.map(({ payload, ...rest }, index) => {
          const changed = Uint8Array.from(payload)
          if (index === which) changed[at % changed.length] = byte
          return { ...rest, payload: changed }
        })
        try {
          const read = readChain(registry.id, notices)
          assert.deepEqual(read.key, second.spki, 'only the byte that was there')
        } catch (error) {
          assert.ok(error instanceof ParleyError, String(error))
        }
      }),
      { numRuns: 300 },
    )
  })

  describe('and what the registry says of people', () => {
    const ann = makePerson(registry, 'ann', now)
    const chain = handed(first, registry, second)
    const by = { registryKey: chain, registry: registry.id, now }

    it('is signed by the present key', () => {
      assert.equal(readAttestation(ann.attest({}, second.privateKey), by).user, ann.user)
      refusal(() => readAttestation(ann.attest({}, third.privateKey), by), 'bad-signature')
      const notYet = { ...by, registryKey: first }
      refusal(() => readAttestation(ann.attest({}, second.privateKey), notYet), 'bad-signature')
    })

    it('counts until it expires when a former key has signed it before it handed over, and not when after', () => {
      assert.equal(readAttestation(ann.attest(), by).user, ann.user)
      const later = ann.attest({ issued: now + hour, expires: now + 2 * hour })
      refusal(() => readAttestation(later, { ...by, now: now + hour }), 'forged')
      refusal(() => readAttestation(ann.attest(), { ...by, now: now + 2 * hour }), 'attestation-expired')
    })
  })
})
