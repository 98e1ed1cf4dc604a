import assert from 'node:assert/strict'
import { limits } from '../../../../daemon/src/limits.ts'
import { readParleyLink } from '../../../../daemon/src/protocol/addresses.ts'
import { fromText, toText } from '../../../../daemon/src/protocol/ids.ts'
import { Invites } from '../../../../daemon/src/registry/invites.ts'
import { openMemoryStorage } from '../../../../plugins/storage-memory/src/index.ts'
import { startTestRegistry } from '../../../support/registry.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })

describe('an invite', () => {
  it('is known to storage by its hash alone', async () => {
    const { invites, storage } = invitesAt()
    const { code: secret, id } = await invites.create({})
    const { rows } = await storage.list('invite/', { limit: 10 })
    assert.equal(rows.length, 1)
    const stored = rows.map(([key, value]) => key + Buffer.from(value).toString('latin1')).join()
    assert.ok(!stored.includes(toText(secret)))
    assert.ok(!stored.includes(Buffer.from(secret).toString('latin1')))
    assert.ok(rows[0]?.[0].startsWith(`invite/${id}`))
    assert.equal(secret.length, 16)
  })

  it('works as often as it says', async () => {
    const { invites, storage } = invitesAt()
    const { code: secret } = await invites.create({ uses: 2 })
    for (const name of ['alice', 'bob']) {
      assert.equal(await storage.write((await invites.use(secret, name)).changes), 'committed')
    }
    await assert.rejects(invites.use(secret, 'carol'), { code: 'bad-invite', message: /used up/ })
  })

  it('cannot be used twice at once for one use', async () => {
    const { invites, storage } = invitesAt()
    const { code: secret } = await invites.create({})
    const [one, two] = [await invites.use(secret, 'alice'), await invites.use(secret, 'bob')]
    assert.equal(await storage.write(one.changes), 'committed')
    assert.equal(await storage.write(two.changes), 'conflict')
  })

  it('expires, and says so', async () => {
    let now = Date.now()
    const { invites } = invitesAt(() => now)
    const { code: secret, expires } = await invites.create({})
    assert.equal(expires, now + 7 * 24 * 3600_000)
    now = expires - 1
    await invites.use(secret, 'alice')
    now = expires
    await assert.rejects(invites.use(secret, 'alice'), { code: 'bad-invite', message: /expired/ })
  })

  it('may be for one name', async () => {
    const { invites } = invitesAt()
    const { code: secret, forName } = await invites.create({ forName: 'Alice' })
    assert.equal(forName, 'alice')
    await assert.rejects(invites.use(secret, 'bob'), { code: 'bad-invite', message: /"alice"/ })
    await invites.use(secret, 'alice')
  })

  it('is listed, the newest first, with what was used of it and without its code', async () => {
    let now = Date.now()
    const { invites, storage } = invitesAt(() => now)
    const first = await invites.create({ uses: 2, forName: 'alice', by: 'bob' })
    now += 1000
    const second = await invites.create({})
    await storage.write((await invites.use(first.code, 'alice')).changes)
    const { id, expires } = second
    assert.deepEqual(await invites.list(), [
      { id, uses: 1, used: 0, expires, created: now },
      {
        id: first.id,
        uses: 2,
        used: 1,
        expires: first.expires,
        created: now - 1000,
        forName: 'alice',
        by: 'bob',
      },
    ])
  })

  it('that was revoked lets nobody in, not even somebody who is about to use it', async () => {
    const { invites, storage } = invitesAt()
    const { code: secret, id } = await invites.create({ uses: 2 })
    const late = await invites.use(secret, 'alice')
    await invites.revoke(id.toUpperCase())
    assert.equal(await storage.write(late.changes), 'conflict')
    await assert.rejects(invites.use(secret, 'alice'), { code: 'bad-invite', message: /not known/ })
    assert.deepEqual(await invites.list(), [])
  })

  it('is not revoked by an id that is none, or part of one', async () => {
    const { invites } = invitesAt()
    const { id } = await invites.create({})
    for (const wrong of ['', id.slice(0, 11), `${id}a`, 'aaaaaaaaaaaa', '../user', '%']) {
      await assert.rejects(invites.revoke(wrong), { code: 'bad-invite', message: /parley invites/ })
    }
    assert.equal((await invites.list()).length, 1)
  })

  it('is refused with wishes out of bounds', async () => {
    const now = Date.now()
    const { invites, storage } = invitesAt(() => now)
    for (const uses of [0, -1, 1.5, Number.NaN, limits.inviteUses + 1]) {
      await assert.rejects(invites.create({ uses }), code('usage'))
    }
    for (const expires of [now, now - 1, Number.NaN, now + limits.inviteLongest + 1]) {
      await assert.rejects(invites.create({ expires }), code('usage'))
    }
    await assert.rejects(invites.create({ forName: 'all' }), code('bad-name'))
    assert.equal((await storage.list('invite/', { limit: 1 })).rows.length, 0)
  })
})

describe('the text of an invite', () => {
  it('has the link, the editor link and the command line, with the public address', async () => {
    await using at = await startTestRegistry({ options: { signUp: 'invite', public: 'chat.acme.dev:4000' } })
    const { link, text, id, uses } = await at.registry.invites.invite({ uses: 3, forName: 'alice' })
    const read = readParleyLink(link)
    assert.deepEqual(
      [read.host, read.port, read.registry, read.code?.length],
      ['chat.acme.dev', 4000, at.registry.id, 16],
    )
    assert.match(link, /^parley:\/\/chat\.acme\.dev:4000\/[a-z2-7]{52}\?v=1#[a-z2-7]{26}$/)
    assert.equal(uses, 3)
    assert.ok(id.length >= 8)
    const lines = text.split('\n')
    assert.ok(lines.includes(link))
    const editor = /vscode:\/\/\S+/.exec(text)?.[0] ?? ''
    assert.deepEqual(readParleyLink(editor), read)
    assert.ok(text.includes(`PARLEY_INVITE='${link}' parley sign-up alice`))
    assert.match(text, /Acme/)
  })

  it('needs a public address unless the registry is on loopback', async () => {
    await using local = await startTestRegistry({ options: { signUp: 'invite', listen: ['127.0.0.1:0', '[::1]:0'] } })
    const { link } = await local.registry.invites.invite({})
    assert.equal(readParleyLink(link).host, '127.0.0.1')
    await using open = await startTestRegistry({ options: { signUp: 'invite', listen: ['127.0.0.1:0', '0.0.0.0:0'] } })
    await assert.rejects(open.registry.invites.invite({}), { code: 'usage', message: /--public/ })
    assert.equal((await open.memory.storage.list('invite/', { limit: 1 })).rows.length, 0)
  })

  it('has this machine’s own address where there is no other, the one of the moment', async () => {
    let own: string | undefined = '192.168.1.5'
    const options = { signUp: 'invite' as const, listen: ['0.0.0.0:0'] }
    await using at = await startTestRegistry({ ownHost: () => own, options })
    const invited = async () => readParleyLink((await at.registry.invites.invite({})).link)
    assert.deepEqual([(await invited()).host, (await invited()).port], ['192.168.1.5', at.port])
    own = '10.0.0.7'
    assert.equal((await invited()).host, '10.0.0.7')
    assert.equal(readParleyLink(at.registry.address).host, '10.0.0.7')
    assert.equal(readParleyLink(at.registry.status().address).host, '10.0.0.7')
    own = undefined
    assert.equal((await invited()).host, '127.0.0.1', 'a computer without a network')
    await using known = await startTestRegistry({ ownHost: () => own, options: { ...options, public: 'acme.dev' } })
    assert.equal(readParleyLink(known.registry.address).host, 'acme.dev')
  })

  it('shows an id that tells nothing of the code', async () => {
    await using at = await startTestRegistry({ options: { signUp: 'invite' } })
    const { link, id } = await at.registry.invites.invite({})
    assert.ok(!link.includes(id))
    assert.notDeepEqual(fromText(link.split('#')[1] ?? '').subarray(0, 7), fromText(id.slice(0, 8)))
  })
})

function invitesAt(now: () => number = Date.now) {
  const storage = openMemoryStorage()
  return { storage, invites: new Invites({ storage, now }) }
}
