import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { SearchSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { Metrics } from '../../../../daemon/src/registry/metrics.ts'
import { joined, meet, signInByKey } from '../../../support/member.ts'
import { readMetrics } from '../../../support/open-metrics.ts'
import { startTestRegistry } from '../../../support/registry.ts'

describe('metrics', () => {
  it('are OpenMetrics text', () => {
    const metrics = new Metrics()
    metrics.gauge('parley_things', 'Things.', () => 3)
    metrics.gauge('parley_nothing', 'Not known.', () => undefined)
    const counts = metrics.counts('parley_acts', 'Acts.', 'what')
    counts.add('a "quoted"\\\n')
    counts.add('b', 2)
    const times = metrics.histogram('parley_wait_seconds', 'Waits.', [0.1, 1])
    for (const value of [0.05, 0.1, 0.5, 7]) times.observe(value)
    const text = metrics.text()
    assert.equal(
      text,
      `# TYPE parley_things gauge
# HELP parley_things Things.
parley_things 3
# TYPE parley_nothing gauge
# HELP parley_nothing Not known.
# TYPE parley_acts counter
# HELP parley_acts Acts.
parley_acts_total{what="a \\"quoted\\"\\\\\\n"} 1
parley_acts_total{what="b"} 2
# TYPE parley_wait_seconds histogram
# UNIT parley_wait_seconds seconds
# HELP parley_wait_seconds Waits.
parley_wait_seconds_bucket{le="0.1"} 2
parley_wait_seconds_bucket{le="1.0"} 3
parley_wait_seconds_bucket{le="+Inf"} 4
parley_wait_seconds_count 4
parley_wait_seconds_sum 7.65
# EOF
`,
    )
    assert.equal(readMetrics(text).get('parley_wait_seconds_sum'), 7.65)
    assert.throws(() => metrics.gauge('parley_things', 'Again.', () => 1), /twice/)
    assert.throws(() => metrics.gauge('Parley things', 'Wrong.', () => 1), /no name/)
  })

  it('of a registry tell who is there, what was asked and how sign-ins ended', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await alice.ask({ case: 'search', value: create(SearchSchema, { query: 'a' }) }, 'people')
    await using stranger = await meet(at)
    await assert.rejects(signInByKey(stranger))
    const values = readMetrics((await at.registry.metrics()).text)
    const expected: [string, number][] = [
      ['parley_accounts', 1],
      ['parley_people_online', 1],
      ['parley_sessions', 1],
      ['parley_connections', 2],
      ['parley_port_events_total{event="accepted"}', 2],
      ['parley_requests_total{request="search"}', 1],
      ['parley_sign_ins_total{outcome="signed-in"}', 1],
      ['parley_sign_ins_total{outcome="unknown-account"}', 1],
      ['parley_request_failures_total{code="unknown-account"}', 1],
    ]
    for (const [name, value] of expected) assert.equal(values.get(name), value, name)
    assert.ok((values.get('parley_request_duration_seconds_count') ?? 0) >= 5)
    assert.ok((values.get('parley_memory_bytes{kind="rss"}') ?? 0) > 1e6)
  })
})
