import assert from 'node:assert/strict'
import { type Choice, choicesOf, type Known } from '../../../../extension/src/people/choices.ts'
import { conversation, person } from '../../../support/front-hub.ts'

const alice = person('alice')
const bob = person('bob', { displayName: 'Bob Larsen' })
const carol = person('carol', { displayName: 'Carol Boone', status: 'offline' })
const dana = person('dana', { displayName: 'Dana', status: 'away' })
const nobody: Known = {
  typed: '',
  chats: [],
  people: [],
  found: { is: 'nothing' },
  self: alice.user,
  team: 'Acme',
  isOnline: true,
  when: { now: Date.now(), locale: 'en-GB' },
}
const shown = (known: Partial<Known>) => {
  const { chats, people, rest } = choicesOf({ ...nobody, ...known })
  const whom = (of: readonly Choice[]) => of.map(choice => ('who' in choice ? choice.who : choice.label))
  return { chats: whom(chats), people: whom(people), rest: whom(rest) }
}

describe('the choices of whom to chat with', () => {
  it('are chats as they are ordered, then everybody else, without oneself', () => {
    const chats = [conversation('carol', { person: carol }), conversation('bob', { person: bob })]
    assert.deepEqual(shown({ chats, people: [alice, bob, carol, dana] }), {
      chats: ['with-carol', 'with-bob'],
      people: ['dana'],
      rest: [],
    })
  })

  it('are those with what is typed in a name, the closest first, whatever case or form', () => {
    const people = [carol, dana, bob, person('abo', { displayName: 'Ａｂｏ' })]
    assert.deepEqual(shown({ people, typed: 'BO', found: { is: 'searching', people: [] } }).people, [
      'bob',
      'abo',
      'carol',
    ])
    assert.deepEqual(shown({ people, typed: '@bob', found: { is: 'searching', people: [] } }).people, ['bob'])
    assert.deepEqual(shown({ people, typed: 'ａｂｏ', found: { is: 'searching', people: [] } }).people[0], 'abo')
  })

  it('are all whom the team has found, whyever, each once, and of earlier findings those that match', () => {
    const found = [person('xavier', { displayName: 'ﬁnn' }), bob, alice]
    const search = { people: [bob], typed: 'fi' }
    assert.deepEqual(shown({ ...search, found: { is: 'found', people: found, more: false } }).people, ['xavier', 'bob'])
    assert.deepEqual(shown({ ...search, found: { is: 'searching', people: found } }).people, ['xavier'])
  })

  it('are a name as well that is typed whole, where it cannot be sought', () => {
    const failed = { typed: 'erin', found: { is: 'failed', why: 'Away.' } } as const
    assert.deepEqual(shown(failed).rest, ['erin', 'Away.'])
    assert.deepEqual(shown({ ...failed, typed: ' @Erin ' }).rest, ['erin', 'Away.'])
    assert.deepEqual(shown({ ...failed, typed: 'er' }).rest, ['Away.'])
    assert.deepEqual(shown({ ...failed, typed: 'bob', people: [bob] }).rest, ['Away.'])
    assert.deepEqual(shown({ ...failed, typed: 'alice', people: [alice] }).rest, ['Away.'])
    assert.deepEqual(shown({ ...failed, found: { is: 'searching', people: [] } }).rest, [])
    assert.deepEqual(shown({ typed: 'ali', found: { is: 'found', people: [alice], more: false } }).rest, [
      'That is you.',
    ])
    assert.deepEqual(shown({ typed: 'erin', found: { is: 'found', people: [], more: false } }).rest, [
      'Nobody in Acme has “\u2068erin\u2069” in their name.',
    ])
  })

  it('say what there is to know when nobody is found, when there are more, and when nobody can be asked', () => {
    assert.deepEqual(shown({}).rest, ['Nobody else is in Acme yet.'])
    assert.deepEqual(shown({ typed: 'b', people: [bob], found: { is: 'found', people: [bob], more: true } }).rest, [
      'There are more: type more of the name.',
    ])
    const away = 'Acme cannot be reached now, so only people whom you know are found.'
    const failed = { is: 'failed', why: 'The registry is away.' } as const
    assert.deepEqual(shown({ isOnline: false }).rest, [away])
    assert.deepEqual(shown({ isOnline: false, typed: 'bo', people: [bob], found: failed }).rest, [away])
    assert.deepEqual(shown({ typed: 'bo', people: [bob], found: failed }).rest, ['The registry is away.'])
    assert.deepEqual(shown({ isOnline: false, typed: 'erin', found: failed }).rest, ['erin', away])
  })

  it('show what others chose as text, on one line', () => {
    const evil = person('evil', { displayName: '$(zap) [x](command:rm)\n\u202e' })
    const { people } = choicesOf({ ...nobody, people: [evil], team: '$(zap)' })
    assert.equal(people[0]?.label, '$ (zap) [x] (command:rm)')
    const { rest } = choicesOf({ ...nobody, typed: '$(zap)\u202e', found: { is: 'found', people: [], more: false } })
    assert.doesNotMatch(rest[0]?.label ?? '', /\$\(|\u202e/)
  })

  it('stay few, however many there are', () => {
    const people = Array.from({ length: 5000 }, (_, index) => person(`p${index}`))
    assert.equal(shown({ people }).people.length, 200)
  })
})
