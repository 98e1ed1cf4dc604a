import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import {
  ContinueSchema,
  LookUpSchema,
  PublishAddressesSchema,
  RegistryHelloSchema,
  type Request,
  SearchSchema,
  SignedSchema,
  SignInSchema,
  SignUpSchema,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import { joined, meet, search } from '../../../support/member.ts'
import { startTestRegistry } from '../../../support/registry.ts'

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom(16, 32, 91).map(size => new Uint8Array(size)),
)
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom('alice', 'opaque', '', '__proto__'))
const signed = fc
  .record({ alg: fc.constantFrom(0, 1, 2), payload: bytes, signature: bytes })
  .map(is => create(SignedSchema, is))
const number = fc.nat({ max: 0xffff_ffff })

const requests: fc.Arbitrary<Request['is']> = fc.oneof(
  fc
    .record({ versions: fc.array(number, { maxLength: 300 }) })
    .map(is => ({ case: 'registryHello' as const, value: create(RegistryHelloSchema, is) })),
  fc
    .record({
      name: text,
      displayName: text,
      user: bytes,
      accountKey: bytes,
      roster: fc.option(signed, { nil: undefined }),
      invite: bytes,
      mechanism: text,
      first: bytes,
    })
    .map(({ roster, ...is }) => ({
      case: 'signUp' as const,
      value: create(SignUpSchema, roster ? { ...is, roster } : is),
    })),
  fc
    .record({ name: text, mechanism: text, first: bytes })
    .map(is => ({ case: 'signIn' as const, value: create(SignInSchema, is) })),
  fc.record({ data: bytes }).map(is => ({ case: 'continue' as const, value: create(ContinueSchema, is) })),
  fc
    .record({ port: number, addresses: fc.array(text, { maxLength: 70 }) })
    .map(is => ({ case: 'publishAddresses' as const, value: create(PublishAddressesSchema, is) })),
  fc.record({ query: text, limit: number }).map(is => ({ case: 'search' as const, value: create(SearchSchema, is) })),
  fc.record({ user: bytes, name: text }).map(is => ({ case: 'lookUp' as const, value: create(LookUpSchema, is) })),
)

describe('whatever is asked of a registry', () => {
  it('is answered or refused in words, by strangers and members alike, and spoils nothing', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using stranger = await meet(at)
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { minLength: 1, maxLength: 6 }), async asked => {
        const all = asked.flatMap(is => [alice.link.request(is), stranger.link.request(is)])
        for (const result of await Promise.allSettled(all)) {
          if (result.status === 'fulfilled') continue
          assert.ok(result.reason instanceof ParleyError)
          assert.notEqual(result.reason.code, 'internal', result.reason.message)
          assert.notEqual(result.reason.code, 'timeout', result.reason.message)
        }
      }),
      { numRuns: 150 },
    )
    assert.equal((await search(alice, 'alice')).people.length, 1)
    assert.equal(at.registry.status().users, 1)
  })
})
