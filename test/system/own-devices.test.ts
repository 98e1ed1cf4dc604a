import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ChatInfo, MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'
const secret = { PARLEY_PASSWORD: password }

const chat = ({ client }: Person, who: string): Promise<ChatInfo> => client.request('openChat', { with: who })

async function messages({ client }: Person, who: string): Promise<readonly MessageInfo[]> {
  return (await client.request('history', { with: who, limit: 100 })).messages
}

const texts = async (person: Person, who: string) => (await messages(person, who)).map(({ text }) => text)

describe('a person with two devices', () => {
  it('has all of it on both, and nothing more on one that was stolen', async function () {
    this.timeout(180_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    const { address } = registry.ready
    const person = (name: string, home: string) => new Person(name, join(folder.path, home)).start()
    const as = async (who: Person, ...args: string[]) => {
      const { code, out, err } = await runParley([...args, '--home', who.home], secret)
      assert.equal(code, 0, err)
      return out
    }
    await using laptop = await person('alice', 'laptop')
    await laptop.signUp(address, password)
    await using bob = await person('bob', 'bob')
    await bob.signUp(address, password)
    for (let number = 0; number < 20; number++) {
      const message = toText(randomBytes(16))
      await laptop.client.request('send', { to: 'bob', text: `from alice ${number}`, message })
    }
    await as(bob, 'send', 'alice', 'from bob', '--wait')

    // A new device.
    await using phone = await person('alice', 'phone')
    const { digits } = JSON.parse(await as(phone, 'sign-in', 'alice', '--registry', address, '--json'))
    await as(laptop, 'devices', 'approve', '--yes', '--digits', digits)
    await until('all history', async () => {
      const found = await texts(phone, 'bob').catch(() => [])
      return found.length === 21
    })
    assert.deepEqual(await texts(phone, 'bob'), await texts(laptop, 'bob'))
    const own = (await messages(phone, 'bob')).filter(({ mine }) => mine)
    assert.equal(own.length, 20)
    assert.ok(own.every(({ state }) => state !== 'queued'))

    // What is written on one.
    await as(phone, 'send', 'bob', 'from the phone', '--wait')
    const onLaptop = async () => (await messages(laptop, 'bob')).find(({ text }) => text === 'from the phone')
    await until('it is on the laptop', async () => (await onLaptop())?.mine)
    await until('it is delivered', async () => (await onLaptop())?.state === 'delivered')

    // What is read on one.
    await as(bob, 'send', 'alice', 'have you read it?')
    for (const device of [laptop, phone]) {
      await until('it is unread', async () => (await chat(device, 'bob')).conversation.unread > 0)
    }
    await as(phone, 'read', 'bob')
    await until('it is read on the laptop', async () => (await chat(laptop, 'bob')).conversation.unread === 0)
    await until('bob is told', async () => (await messages(bob, 'alice')).at(-1)?.state === 'read')

    // What is kept of chats.
    const { conversation } = (await chat(laptop, 'bob')).conversation
    await laptop.client.request('saveChat', { conversation, draft: 'begun on the laptop' })
    await as(phone, 'mute', 'bob')
    await until('the draft', async () => (await chat(phone, 'bob')).draft === 'begun on the laptop')
    await until('the mute', async () => (await chat(laptop, 'bob')).conversation.muted)

    await laptop.client.request('setArchived', { conversation, archived: true })
    await laptop.client.request('setPinned', { conversation, pinned: true })

    // What is deleted for oneself.
    const forget = (await messages(laptop, 'bob')).find(({ text }) => text === 'from alice 3')
    assert.ok(forget)
    await laptop.client.request('deleteMessage', {
      ...{ conversation, user: forget.user, message: forget.message, forMe: true },
      act: toText(randomBytes(16)),
    })
    for (const device of [laptop, phone]) {
      await until('it is gone', async () => !(await texts(device, 'bob')).includes('from alice 3'))
    }
    assert.ok((await texts(bob, 'alice')).includes('from alice 3'))

    // A third device comes, and gets all of that from the phone alone.
    await using tablet = await person('alice', 'tablet')
    const second = JSON.parse(await as(tablet, 'sign-in', 'alice', '--registry', address, '--json'))
    await as(laptop, 'devices', 'approve', '--yes', '--digits', second.digits)
    await laptop.kill()
    await until('all history', async () => {
      const found: readonly string[] = await texts(tablet, 'bob').catch(() => [])
      return found.length === 22 && !found.includes('from alice 3')
    })
    const info = async () => (await chat(tablet, 'bob')).conversation
    await until('what is kept of the chat', async () => {
      const { muted, archived, pinned, unread } = await info()
      return muted && archived === true && pinned === true && unread === 0
    })
    assert.equal((await chat(tablet, 'bob')).draft, 'begun on the laptop')
    await until('what was delivered', async () => {
      const mine = (await messages(tablet, 'bob')).filter(({ mine }) => mine)
      return mine.every(({ state }) => state === 'delivered' || state === 'read')
    })
    await laptop.start()

    // It is stolen.
    const { device } = (await phone.client.request('status', {})).hub ?? { device: '' }
    await as(laptop, 'devices', 'revoke', device.slice(0, 12), '--yes')
    await until('its end', async () => {
      return (await phone.client.request('status', {})).hub?.accounts[0]?.state === 'signed-out'
    })
    await as(bob, 'send', 'alice', 'who has your phone?', '--wait')
    await until('it is on the laptop', async () => (await texts(laptop, 'bob')).includes('who has your phone?'))
    const stolen = await runParley(['send', 'bob', 'it is me', '--home', phone.home], secret)
    assert.equal(stolen.code, 1)
    await as(laptop, 'send', 'bob', 'somebody else', '--wait')
    assert.ok(!(await texts(phone, 'bob')).includes('who has your phone?'))
    assert.ok(!(await texts(phone, 'bob')).includes('somebody else'))
    assert.ok((await texts(bob, 'alice')).includes('from the phone'), 'what it wrote before stays')
    assert.ok(!(await texts(bob, 'alice')).includes('it is me'))
  })
})
