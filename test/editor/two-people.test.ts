import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Locator } from 'playwright-core'
import { connect } from '../../daemon/src/client/index.ts'
import type { ChatInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { type Chat, chatWith, openChat, there } from '../support/editor/chat.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { endHub } from '../support/editor/hub-process.ts'
import { joinTeam, startTeam } from '../support/editor/newcomer.ts'
import { stored } from '../support/editor/stored.ts'
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
    await bobs.stands('hello Alice', there)
    const alices = await openChat(ones.window, 'Bob')
    await alices.message('hello Alice').waitFor()
    await alices.say('hello Bob')
    await bobs.message('hello Bob').waitFor()
    await alices.stands('hello Bob', there)
    await ones.window.picture('two-people/alice')
    await others.window.picture('two-people/bob')
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
    await stored(others.window, 'memento/workbench.parts.editor', 'conversation')
    await others.window.reload()
    const after = await chatWith(others.window, 'Alice')
    await once(after, 'before the reload')
    await until('the draft is back', async () => (await after.composer.inputValue()) === 'to be continued')
    await after.say('after the reload')
    await after.stands('after the reload', there)
    await once(await openChat(ones.window, 'Bob'), 'before the reload')
  })

  it('read further up: the place is kept over a reload, and what comes meanwhile does not move it', async () => {
    const { window } = ones
    const before = await openChat(window, 'Bob')
    await tell(others, 'alice', 60)
    await before.message('line 60').waitFor()
    await before.frame.getByRole('feed').hover()
    const place = before.message('line 20')
    await until('line 20 is in sight', async () => {
      if (await isInSight(place)) return true
      await window.page.mouse.wheel(0, -200)
      return false
    })
    await kept(ones, 'bob', ({ scroll }) => scroll !== undefined)
    const top = await topOf(before)
    await stored(window, 'memento/workbench.parts.editor', 'conversation')
    await window.reload()
    const after = await chatWith(window, 'Bob')
    await after.message(top).waitFor()
    assert.equal(await topOf(after), top)
    await tell(others, 'alice', 1)
    await after.frame.getByRole('button', { name: /^Jump to latest/ }).waitFor()
    assert.equal(await topOf(after), top)
    await after.frame.getByRole('button', { name: /^Jump to latest/ }).click()
    await after.message('line 1').last().waitFor()
  })

  it('lose the hub and with it the registry: what is written meanwhile goes out once both are back', async () => {
    const alices = await openChat(ones.window, 'Bob')
    const bobs = await openChat(others.window, 'Alice')
    await endHub(ones.home, 'SIGKILL')
    await alices.say('my hub was killed')
    await bobs.say('your hub was killed')
    await alices.stands('my hub was killed', there)
    await bobs.stands('your hub was killed', there)
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
    await ones.window.picture('two-people/waiting')
    await others.comeBack()
    const bobs = await chatWith(others.window, 'Alice')
    await bobs.message('are you there?').waitFor()
    await alices.stands('are you there?', there)
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
function keptDraft(desk: Desk, person: string, draft: string): Promise<void> {
  return kept(desk, person, chat => chat.draft === draft)
}

async function kept({ home }: Desk, person: string, isSo: (chat: ChatInfo) => boolean): Promise<void> {
  const client = await connect({ home, client: 'test' })
  try {
    await until('the hub keeps it', async () => isSo(await client.request('openChat', { with: person })))
  } finally {
    client.close()
  }
}

/** Has somebody say `line 1` to `line COUNT`, by their hub. */
async function tell({ home }: Desk, person: string, count: number): Promise<void> {
  const client = await connect({ home, client: 'test' })
  try {
    for (let line = 1; line <= count; line++) {
      const message = toText(randomBytes(16))
      await client.request('send', { to: person, text: `line ${line}`, message })
    }
  } finally {
    client.close()
  }
}

/** The text of the first message that is wholly in sight. */
async function topOf(chat: Chat): Promise<string> {
  for (const message of await chat.frame.getByRole('article').all()) {
    if (await isInSight(message)) return (await message.locator('.message-text').textContent()) ?? ''
  }
  throw new Error('no message is in sight')
}

async function isInSight(message: Locator): Promise<boolean> {
  if ((await message.count()) === 0) return false
  const feed = await message.locator('xpath=ancestor::*[@role="feed"]').boundingBox()
  const box = await message.boundingBox()
  return feed !== null && box !== null && box.y >= feed.y && box.y + box.height <= feed.y + feed.height
}
