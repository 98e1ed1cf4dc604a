import assert from 'node:assert/strict'
import { FrontEnds } from '../../../../daemon/src/control/attention.ts'
import type { ControlNotifications } from '../../../../daemon/src/protocol/control.ts'
import { fakeHub } from '../../../support/fake-hub.ts'

type Notice = ControlNotifications['notice']

/** Front ends of a hub, and what each was told. */
function open({ patience }: { readonly patience?: number } = {}) {
  const hub = fakeHub({ people: ['bob', 'carol', 'dave'] })
  const frontEnds = new FrontEnds(hub, patience)
  const add = () => {
    const notices: string[] = []
    let behind = false
    const frontEnd = frontEnds.add({
      send: (name, news) => void (name === 'notice' && notices.push(textOf(news as Notice))),
      isBehind: () => behind,
    })
    return {
      notices,
      leave: frontEnd.leave,
      attend: (isFocused: boolean, ...visible: string[]) => frontEnd.attend({ isFocused, visible }),
      fallBehind: () => {
        behind = true
      },
    }
  }
  return { hub, add, [Symbol.dispose]: () => frontEnds.close() }
}

const textOf = ({ conversation, person, message }: Notice) => {
  assert.deepEqual([conversation, person.name], [message.conversation, message.name])
  return message.text
}

describe('a message is told', () => {
  it('to the focused front end alone', () => {
    using daemon = open()
    const [one, two, three] = [daemon.add(), daemon.add(), daemon.add()]
    one.attend(false)
    two.attend(true)
    three.attend(false)
    daemon.hub.receive('bob', 'hi')
    assert.deepEqual([one.notices, two.notices, three.notices], [[], ['hi'], []])
  })

  it('to the one that was focused last when none is, and to the first before any was', () => {
    using daemon = open()
    const [one, two, three] = [daemon.add(), daemon.add(), daemon.add()]
    for (const each of [two, one, three]) each.attend(false)
    daemon.hub.receive('bob', 'early')
    assert.deepEqual(one.notices, ['early'])
    for (const each of [three, two]) {
      each.attend(true)
      each.attend(false)
    }
    one.attend(false)
    daemon.hub.receive('bob', 'late')
    assert.deepEqual([one.notices, two.notices, three.notices], [['early'], ['late'], []])
  })

  it('to the one that says last that it is focused when two do', () => {
    using daemon = open()
    const [one, two] = [daemon.add(), daemon.add()]
    two.attend(true)
    one.attend(true)
    daemon.hub.receive('bob', 'hi')
    assert.deepEqual([one.notices, two.notices], [['hi'], []])
  })

  it('to nobody while its conversation is in sight of the one that would be told', () => {
    using daemon = open()
    const [one, two] = [daemon.add(), daemon.add()]
    two.attend(false)
    one.attend(true, 'with-carol', 'with-bob')
    daemon.hub.receive('bob', 'seen')
    daemon.hub.receive('dave', 'not seen')
    one.attend(false, 'with-bob')
    daemon.hub.receive('bob', 'seen by who comes back')
    one.attend(false)
    daemon.hub.receive('bob', 'hidden now')
    assert.deepEqual([one.notices, two.notices], [['not seen', 'hidden now'], []])
  })

  it('though another window has its conversation in sight, which may be behind the one in use', () => {
    using daemon = open()
    const [one, two] = [daemon.add(), daemon.add()]
    two.attend(false, 'with-bob')
    one.attend(true)
    daemon.hub.receive('bob', 'hi')
    assert.deepEqual([one.notices, two.notices], [['hi'], []])
  })

  it('to nobody when the conversation is muted', async () => {
    using daemon = open()
    const one = daemon.add()
    one.attend(true)
    await daemon.hub.chats.setMuted({ conversation: 'with-bob', muted: true })
    daemon.hub.receive('bob', 'quiet')
    await daemon.hub.chats.setMuted({ conversation: 'with-bob', muted: false })
    daemon.hub.receive('bob', 'loud')
    assert.deepEqual(one.notices, ['loud'])
  })

  it('to no front end that has not attended, has gone, or does not read', () => {
    using daemon = open()
    const [terminal, gone, stuck, last] = [daemon.add(), daemon.add(), daemon.add(), daemon.add()]
    for (const each of [last, stuck, gone]) each.attend(true)
    gone.leave()
    stuck.fallBehind()
    daemon.hub.receive('bob', 'hi')
    assert.deepEqual(
      [terminal, gone, stuck, last].map(each => each.notices),
      [[], [], [], ['hi']],
    )
    last.leave()
    daemon.hub.receive('bob', 'nobody is here')
    assert.deepEqual(
      [terminal, gone, stuck, last].map(each => each.notices),
      [[], [], [], ['hi']],
    )
  })

  it('to whoever attends first after nobody did for a moment, as when the only window reloads', async () => {
    using daemon = open()
    const before = daemon.add()
    before.attend(true)
    before.leave()
    for (const text of ['one', 'two']) daemon.hub.receive('bob', text)
    daemon.hub.receive('carol', 'in sight')
    const { position } = daemon.hub.receive('dave', 'read meanwhile')
    await daemon.hub.chats.markRead({ conversation: 'with-dave', position })
    const [after, other] = [daemon.add(), daemon.add()]
    after.attend(true, 'with-carol')
    other.attend(true)
    assert.deepEqual([after.notices, other.notices], [['one', 'two'], []])
  })

  it('to nobody when nobody has attended for long', () => {
    using daemon = open({ patience: 0 })
    daemon.hub.receive('bob', 'long ago')
    const late = daemon.add()
    late.attend(true)
    assert.deepEqual(late.notices, [])
  })

  it('once, whatever becomes of it later, and never one’s own', async () => {
    using daemon = open()
    const one = daemon.add()
    one.attend(true)
    const message = daemon.hub.receive('bob', 'hi')
    const { conversation } = message
    daemon.hub.announce({ conversation, messages: { conversation, messages: [message] } })
    await daemon.hub.send({ to: 'bob', text: 'mine', message: 'm' })
    daemon.hub.deliver('m')
    assert.deepEqual(one.notices, ['hi'])
  })
})

describe('whether somebody is there', () => {
  it('is told to the hub when the first front end comes and the last one goes', () => {
    using daemon = open()
    const [one, two] = [daemon.add(), daemon.add()]
    one.leave()
    assert.deepEqual(daemon.hub.attended, [true])
    two.leave()
    two.leave()
    daemon.add()
    assert.deepEqual(daemon.hub.attended, [true, false, true])
  })
})
