import assert from 'node:assert/strict'
import net from 'node:net'
import { examine } from '../../../../daemon/src/doctor/doctor.ts'
import { type HubFacts, hubChecks } from '../../../../daemon/src/hub/doctor.ts'
import { twinAdvice, twinWords } from '../../../../daemon/src/hub/registry/twin.ts'
import type { AccountInfo } from '../../../../daemon/src/protocol/control.ts'

const account: AccountInfo = {
  registry: 'r',
  team: 'Acme',
  address: 'parley://chat.acme.dev:3131/abc?v=1',
  user: 'u',
  name: 'alice',
  displayName: 'Alice',
  state: 'online',
  availability: 'available',
  status: 'online',
}

/** A hub where all is well, but for what is given. */
function facts(given: { account?: Partial<AccountInfo>; links?: number; isDirect?: boolean } & Partial<HubFacts> = {}) {
  const { account: changed, links = 2, isDirect = true, ...rest } = given
  const status = {
    device: 'd',
    listen: [],
    accounts: [{ ...account, ...changed }],
    links,
    relayed: 1,
    isDirect,
    queued: 0,
    warnings: [],
  }
  return {
    status: () => status,
    places: () => ({ port: 0, addresses: [] }),
    skew: () => 0,
    isTwice: () => false,
    ask: async () => {},
    udp: () => true,
    relay: async () => {},
    ...rest,
  }
}

async function look(about: string, given: Parameters<typeof facts>[0] = {}) {
  const checks = hubChecks(facts(given)).filter(check => check.about === about)
  return (await examine(checks))[0]
}

describe('hub: what the doctor looks at', () => {
  it('finds out whether its port takes connections', async () => {
    const server = net.createServer(socket => socket.destroy())
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const places = () => ({ port, addresses: ['127.0.0.1'] })
    try {
      assert.equal((await look('listen', { places }))?.state, 'warning', 'it has no network')
      assert.equal((await look('listen', { places, isDirect: false }))?.state, 'warning')
    } finally {
      server.close()
    }
    assert.equal((await look('listen'))?.state, 'failed', 'it listens nowhere')
    const dead = await look('listen', { places: () => ({ port, addresses: ['255.255.255.255'] }) })
    assert.match(dead?.words ?? '', /^255\.255\.255\.255:\d+ does not take connections|not even from here/)
  })

  it('tells how far the clock is off, and what that means', async () => {
    const at = async (skew: number) => look('clock', { skew: () => skew })
    assert.deepEqual(
      [(await at(20))?.state, (await at(-120_000))?.state, (await at(700_000))?.state],
      ['ok', 'warning', 'failed'],
    )
    assert.match((await at(-120_000))?.words ?? '', /2 minutes behind the team's/)
    assert.equal(await look('clock', { skew: () => undefined }), undefined)
  })

  it('tells how the team is reached, or why not', async () => {
    assert.match(
      (await look('registry'))?.words ?? '',
      /^Acme \(chat\.acme\.dev:3131\) showed its key and answered in \d+ ms\.$/,
    )
    const words = async (state: AccountInfo['state'], why?: string) => {
      const found = await look('registry', { account: { state, ...(why && { why }) } })
      return `${found?.state}: ${found?.words} ${found?.advice ?? ''}`
    }
    assert.match(
      await words('unreachable', 'Nothing listens there.'),
      /^failed: .*Nothing listens there\. .*HTTPS_PROXY/,
    )
    assert.match(await words('signed-out', 'You signed out.'), /^failed: .*parley sign-in alice/)
    assert.match(await words('pending'), /^warning: .*parley devices approve/)
    const alone = facts()
    const none = await examine(hubChecks({ ...alone, status: () => ({ ...alone.status(), accounts: [] }) }))
    assert.equal(none.find(({ about }) => about === 'registry')?.state, 'warning')
  })

  it('says that a copy of the home runs, whatever came of it, and once', async () => {
    const warnings = [`${twinWords} ${twinAdvice}`]
    const given = facts({ account: { state: 'unreachable', why: 'The other side closed the link.' } })
    const checks = hubChecks({ ...given, isTwice: () => true, status: () => ({ ...given.status(), warnings }) })
    const found = await examine(checks)
    assert.deepEqual(
      found.filter(({ words }) => words.includes('copy of this home')),
      [{ about: 'registry', state: 'failed', words: twinWords, advice: twinAdvice }],
    )
    assert.ok(found.every(({ advice = '' }) => !advice.includes('HTTPS_PROXY')))
  })

  it('takes blocked heartbeats for no failure, and a relay that fails for one', async () => {
    assert.match((await look('udp', { udp: () => false }))?.words ?? '', /do not get through/)
    assert.equal((await look('udp', { udp: () => false }))?.state, 'ok')
    assert.equal((await look('relay'))?.state, 'ok')
    const broken = await look('relay', { relay: () => Promise.reject(new Error('refused')) })
    assert.equal(broken?.state, 'failed')
  })

  it('passes on what a person should know', async () => {
    const given = facts()
    const checks = hubChecks({ ...given, status: () => ({ ...given.status(), warnings: ['Set both clocks right.'] }) })
    assert.deepEqual((await examine(checks)).at(-1), {
      about: 'notice',
      state: 'warning',
      words: 'Set both clocks right.',
    })
  })
})
