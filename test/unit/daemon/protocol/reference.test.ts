import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { errorCodes } from '../../../../daemon/src/errors.ts'
import { EventSchema, ReplySchema, RequestSchema } from '../../../../daemon/src/protocol/parley_pb.ts'

const page = (name: string) => readFileSync(new URL(`../../../../docs/reference/${name}`, import.meta.url), 'utf8')

describe('the reference', () => {
  it('explains every error code once, and no other', () => {
    const explained = [...page('errors.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code)
    assert.deepEqual(explained.toSorted(), [...errorCodes].toSorted())
  })

  it('names only known codes as failures of the wire', () => {
    const [, table = ''] = page('wire.md').split('## Failures')
    const rows = table.split('\n## ')[0]?.matchAll(/^\| (`[^|]+) \|/gm) ?? []
    const named = [...rows].flatMap(([, codes = '']) => [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code))
    assert.ok(named.length > 20)
    assert.deepEqual(
      named.filter(code => !errorCodes.some(known => known === code)),
      [],
    )
  })

  it('speaks of every request, reply and event', () => {
    const wire = page('wire.md')
    const names = [RequestSchema, ReplySchema, EventSchema].flatMap(schema => schema.fields.map(({ name }) => name))
    assert.deepEqual(
      names.filter(name => !wire.includes(`\`${name}\``)),
      [],
    )
  })
})
