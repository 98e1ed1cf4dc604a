import assert from 'node:assert/strict'
import { type Client, connect } from '../../daemon/src/client/index.ts'
import { type Chat, chatWith, openChat } from '../support/editor/chat.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { endHub } from '../support/editor/hub-process.ts'
import { joinTeam, startTeam } from '../support/editor/newcomer.ts'
import { until } from '../support/wait.ts'

const alice = { name: 'Alice', password: 'correct horse battery' }
const bob = { name: 'Bob', password: 'staple correct horse' }

// Alice's computer hosts the team: her hub's process is the registry as well.
describe('two people in two windows', () => {
  const editors = useEditors()
  let ones: Desk
  let others: Desk

  before(async function () {
    this.timeout(240_000)
    ;[ones, others] = await Promise.all([editors.open('alice'), editors.open('bob')])
    const invite = await startTeam(ones, 'Acme', alice)
    await joinTeam(others, invite, bob)
  })

  it('see each other within 2 s', async () => {
    const seen = async ({ window }: Desk, person: string) => {
      await window.row(new RegExp(`^${person}\\b.*online`)).waitFor()
      return performance.now()
    }
    const [alices, bobs] = await Promise.all([seen(ones, 'Bob'), seen(others, 'Alice')])
    const apart = Math.round(Math.abs(alices - bobs))
    console.log(`      ${apart} ms apart`)
    assert.ok(apart < 2000)
  })

  it('chat: who has joined finds the first chat open, and both read what is said', async () => {
    const bobs = await chatWith(others.window, 'Alice')
    await bobs.say('hello Alice')
    await bobs.stands('hello Alice', 'Delivered')
    const alices = await openChat(ones.window, 'Bob')
    await alices.message('hello Alice').waitFor()
    await alices.say('hello Bob')
    await bobs.message('hello Bob').waitFor()
    await alices.stands('hello Bob', 'Delivered')
    await ones.window.screenshot('two-people/alice')
    await others.window.screenshot('two-people/bob')
  })

  it('close and reopen the panel: the draft is kept', async () => {
    const before = await openChat(ones.window, 'Bob')
    await before.say('one more thing')
    await before.composer.fill('half a thou')
    await keptDraft(ones, 'bob', 'half a thou')
    await closeTab(ones, 'Bob')
    const after = await openChat(ones.window, 'Bob')
    assert.equal(await after.composer.inputValue(), 'half a thou')
    await once(after, 'one more thing')
    await after.composer.fill('')
    await keptDraft(ones, 'bob', '')
  })

  it('reload the window: the chat is back with its draft, and what was sent is there once', async () => {
    const before = await openChat(others.window, 'Alice')
    await before.say('before the reload')
    await before.composer.fill('to be continued')
    await keptDraft(others, 'alice', 'to be continued')
    await others.window.reload()
    const after = await chatWith(others.window, 'Alice')
    await once(after, 'before the reload')
    await until('the draft is back', async () => (await after.composer.inputValue()) === 'to be continued')
    await after.say('after the reload')
    await after.stands('after the reload', 'Delivered')
    await once(await openChat(ones.window, 'Bob'), 'before the reload')
  })

  it('lose the hub and with it the registry: what is written meanwhile goes out once both are back', async () => {
    const alices = await openChat(ones.window, 'Bob')
    const bobs = await openChat(others.window, 'Alice')
    await endHub(ones.home, 'SIGKILL')
    await alices.say('my hub was killed')
    await bobs.say('your hub was killed')
    await alices.stands('my hub was killed', 'Delivered')
    await bobs.stands('your hub was killed', 'Delivered')
    for (const chat of [alices, bobs]) {
      await once(chat, 'my hub was killed')
      await once(chat, 'your hub was killed')
    }
  })

  it('be offline: what is written waits for the other’s device and is delivered when they are back', async () => {
    await openChat(others.window, 'Alice')
    const alices = await openChat(ones.window, 'Bob')
    await others.leave()
    await alices.frame.getByRole('button', { name: /^(last seen|offline)/ }).waitFor()
    await alices.say('are you there?')
    await alices.stands('are you there?', 'Waiting for Bob’s device')
    await ones.window.screenshot('two-people/waiting')
    await others.comeBack()
    const bobs = await chatWith(others.window, 'Alice')
    await bobs.message('are you there?').waitFor()
    await alices.stands('are you there?', 'Delivered')
    await once(bobs, 'are you there?')
  })
})

/** A message is there just once. */
async function once(chat: Chat, text: string): Promise<void> {
  await chat.message(text).first().waitFor()
  assert.equal(await chat.message(text).count(), 1, text)
}

async function closeTab({ window }: Desk, title: string): Promise<void> {
  await window
    .tab(title)
    .getByRole('button', { name: /^Close/ })
    .click()
  await window.tab(title).waitFor({ state: 'detached' })
}

/** Waits until the hub has kept what is being written: it is told of it at every pause. */
async function keptDraft({ home }: Desk, person: string, draft: string): Promise<void> {
  const client: Client = await connect({ home, client: 'test' })
  try {
    await until('the draft is kept', async () => (await client.request('openChat', { with: person })).draft === draft)
  } finally {
    client.close()
  }
}
