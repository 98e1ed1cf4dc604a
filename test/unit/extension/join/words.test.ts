import assert from 'node:assert/strict'
import fc from 'fast-check'
import { editorLink, formatParleyLink } from '../../../../daemon/src/protocol/addresses.ts'
import type { AccountInfo, InviteInfo, PersonInfo } from '../../../../daemon/src/protocol/control.ts'
import { registryId } from '../../../../daemon/src/protocol/ids.ts'
import { readUserName } from '../../../../daemon/src/protocol/names.ts'
import { Emitter } from '../../../../extension/src/event.ts'
import { firstToTalkTo } from '../../../../extension/src/join/first-chat.ts'
import { askInvite, inviteWords } from '../../../../extension/src/join/inviting.ts'
import { lookAtName, namesFrom, suggestName } from '../../../../extension/src/join/names.ts'
import { alreadyIn, lookAtPlace, newPlaceOf, placeInText, shortId } from '../../../../extension/src/join/places.ts'
import { linkInUri } from '../../../../extension/src/join/uri.ts'
import { whenSeen } from '../../../../extension/src/join/when-seen.ts'
import { ScriptedPerson } from '../../../support/prompts.ts'

const registry = registryId(new Uint8Array(32).fill(7))
const place = { host: '192.168.1.5', port: 3131, registry }
const link = formatParleyLink({ ...place, code: new Uint8Array(16).fill(9) })

describe('a name', () => {
  it('gives a user name: Latin letters without their marks, and dots for the rest', () => {
    const given = (text: string) => namesFrom(text).userName
    assert.equal(given('alice'), 'alice')
    assert.equal(given('  Zoë Ångström '), 'zoe.angstrom')
    assert.equal(given('Jürgen Groß'), 'jurgen.gross')
    assert.equal(given('Łukasz O’Neil-Smith'), 'lukasz.o.neil-smith')
    for (const text of ['Алиса', '李明', '🎉', 'al', 'system']) assert.equal(given(text), undefined, text)
    assert.throws(() => namesFrom('a\nb'), { code: 'bad-name' })
  })

  it('gives a user name that is one, or none, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), text => {
        let given: string | undefined
        try {
          given = namesFrom(text).userName
        } catch {
          return
        }
        if (given !== undefined) assert.equal(readUserName(given), given)
      }),
    )
  })

  it('is told what it becomes while it is typed', () => {
    assert.equal(lookAtName(''), undefined)
    assert.equal(lookAtName('alice'), undefined)
    assert.deepEqual(lookAtName('Alice'), { is: 'hint', words: 'Your user name: alice' })
    assert.equal(lookAtName('Алиса')?.is, 'hint')
    assert.equal(lookAtName('a\u202eb')?.is, 'fault')
  })

  it('is suggested from the system’s, unless that is nobody’s', () => {
    assert.equal(suggestName('Alice'), 'alice')
    assert.equal(suggestName('DOMAIN\\bob'), 'domain.bob')
    for (const name of ['root', 'coder', 'Administrator', 'x', '']) assert.equal(suggestName(name), '', name)
  })
})

describe('a place', () => {
  it('is told what it is while it is typed', () => {
    assert.equal(lookAtPlace(''), undefined)
    assert.equal(lookAtPlace('chat.example.com'), undefined)
    assert.deepEqual(lookAtPlace(`Hi!\n${link}`), { is: 'hint', words: 'An invite to the team at 192.168.1.5:3131' })
    assert.equal(lookAtPlace(formatParleyLink(place))?.words, 'The team at 192.168.1.5:3131')
    assert.equal(lookAtPlace('see you later')?.is, 'fault')
    assert.equal(lookAtPlace(link.slice(0, -2))?.is, 'fault')
  })

  it('is taken from the clipboard only if it is a link', () => {
    assert.equal(placeInText(`Join us: ${link}`), link)
    for (const text of ['hunter2', 'localhost:3131', 'https://example.com', '']) assert.equal(placeInText(text), '')
  })

  it('says what account is here already', () => {
    const account: AccountInfo = {
      registry,
      team: 'Acme',
      name: 'alice',
      address: formatParleyLink(place),
      user: 'u',
      displayName: 'Alice',
      state: 'online',
      availability: 'available',
      status: 'online',
    }
    assert.deepEqual(alreadyIn(account, registry), { isSame: true, words: 'You are in Acme already, as alice.' })
    const other = alreadyIn({ ...account, team: '' }, 'x'.repeat(52))
    assert.equal(other.isSame, false)
    assert.match(other.words, /^You are alice in 192\.168\.1\.5:3131 on this computer\./)
  })

  it('may be another one by now for a team that cannot be reached', () => {
    const account: AccountInfo = {
      registry,
      team: 'Acme',
      name: 'alice',
      address: formatParleyLink(place),
      user: 'u',
      displayName: 'Alice',
      state: 'unreachable',
      availability: 'available',
      status: 'offline',
    }
    const moved = formatParleyLink({ ...place, host: '10.0.0.7' })
    assert.equal(newPlaceOf(account, moved), '10.0.0.7:3131')
    assert.equal(newPlaceOf(account, link), undefined, 'the same place')
    assert.equal(newPlaceOf({ ...account, state: 'online' }, moved), undefined)
    assert.equal(newPlaceOf({ ...account, registry: 'x'.repeat(52) }, moved), undefined, 'another team')
    assert.equal(newPlaceOf(account, ''), undefined)
  })

  it('has an id that two people can compare', () => {
    assert.equal(shortId('abcdefghijklmnopqrstuvwxyz'), 'abcd efgh ijkl mnop')
  })
})

describe('an editor’s link', () => {
  const parts = (text: string) => {
    const url = new URL(text)
    return { path: url.pathname, query: decodeURIComponent(url.search.slice(1)), fragment: url.hash.slice(1) }
  }

  it('holds the invite, also when something on its way has decoded it', () => {
    assert.equal(linkInUri(parts(editorLink(link))), link)
    const [before = '', code = ''] = link.split('#')
    assert.equal(linkInUri({ path: '/join', query: `link=${before}`, fragment: code }), link)
    assert.equal(linkInUri({ path: '/join', query: `link=${encodeURIComponent(link)}`, fragment: '' }), link)
  })

  it('is nothing when it is malformed, of another kind, or no link of Parley', () => {
    const bad = [
      { path: '/other', query: `link=${link}`, fragment: '' },
      { path: '/join/more', query: `link=${link}`, fragment: '' },
      { path: '/join', query: '', fragment: '' },
      { path: '/join', query: 'link=localhost', fragment: '' },
      { path: '/join', query: 'link=https://example.com', fragment: '' },
      { path: '/join', query: `link=run this: ${link}`, fragment: '' },
      { path: '/join', query: `link=${link.slice(0, -1)}`, fragment: '' },
      { path: '/join', query: `link=${'a'.repeat(100_000)}`, fragment: '' },
    ]
    for (const uri of bad) assert.equal(linkInUri(uri), undefined, JSON.stringify(uri).slice(0, 200))
  })
})

describe('an invite', () => {
  const now = Date.UTC(2026, 0, 1)
  const made: InviteInfo = { id: 'x', link, uses: 5, expires: now + 7 * 86_400_000, text: 'Join Acme' }

  it('is told with for whom and for how long', () => {
    assert.equal(
      inviteWords('Acme', made, now + 60_000),
      'Invite to Acme copied. Send it to those who should join: it works for up to 5 people, for 7 days.',
    )
    assert.match(
      inviteWords('Acme', { ...made, uses: 1, expires: now + 86_400_000 }, now),
      /for one person, for one day\.$/,
    )
    assert.match(inviteWords('Acme', { ...made, uses: 1, forName: 'bob' }, now), /: it works for bob, for 7 days\.$/)
    const local = formatParleyLink({ ...place, host: '127.0.0.1', code: new Uint8Array(16) })
    assert.match(inviteWords('Acme', { ...made, link: local }, now), /works on this computer only/)
  })

  it('is for whom a person chooses', async () => {
    const ask = async (...acts: ConstructorParameters<typeof ScriptedPerson>[0]) => {
      const person = new ScriptedPerson(acts)
      const wish = await askInvite(person)
      person.done()
      return wish
    }
    const week = 7 * 86_400_000
    assert.deepEqual(await ask({ choose: 'Up to' }), { uses: 5, lasts: week })
    assert.deepEqual(await ask({ choose: 'One person' }), { uses: 1, lasts: week })
    assert.deepEqual(await ask({ choose: 'One person, under' }, 'back', { choose: 'A room' }), {
      uses: 100,
      lasts: week / 7,
    })
    const named = await ask({ choose: 'One person, under' }, { type: 'x y' }, { type: 'Bob' })
    assert.deepEqual(named, { uses: 1, lasts: week, forName: 'bob' })
    assert.equal(await ask('cancel'), undefined)
  })
})

describe('the first chat', () => {
  const person = (name: string, status: PersonInfo['status'], since: number): PersonInfo => ({
    user: name,
    name,
    displayName: name,
    status,
    since,
  })
  const first = (...people: PersonInfo[]) => firstToTalkTo({ people, online: 0, total: 0 }, 'me')?.name

  it('is with who is online, and of these with who came last; never with oneself', () => {
    assert.equal(first(person('me', 'online', 9)), undefined)
    assert.equal(first(person('a', 'online', 1), person('b', 'online', 5), person('me', 'online', 9)), 'b')
    assert.equal(first(person('a', 'offline', 8), person('b', 'away', 5), person('c', 'online', 1)), 'c')
    assert.equal(first(person('a', 'offline', 2), person('b', 'offline', 5)), 'b')
  })
})

describe('waiting for what is to be seen', () => {
  it('ends when it is seen, or when the time is over, and listens no longer', async () => {
    const news = new Emitter<void>()
    let isThere = false
    const seen = whenSeen(() => isThere, [news.event], 10_000)
    news.fire()
    isThere = true
    news.fire()
    assert.equal(await seen, true)
    assert.equal(await whenSeen(() => isThere, [], 10_000), true)
    assert.equal(await whenSeen(() => false, [news.event], 1), false)
  })
})
