import assert from 'node:assert/strict'
import { bob, conversationOf, message, now, viewOf } from '../support/surface/messages.ts'
import type { ScriptedHost } from '../support/surface/scripted-host.ts'
import { inRoom } from '../support/surface/states.ts'
import type { Surface } from '../support/surface/surface.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('what is done with messages in a chat surface', () => {
  const surfaces = useSurfaces()
  const button = (surface: Surface, text: string | RegExp, name: string) =>
    surface.message(text).getByRole('button', { name, exact: true })

  it('is to answer one: its words stand above the answer, and lead to it from far away', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(300)) })
    await surface.message(/Number 298\D/).hover()
    await button(surface, /Number 298\D/, 'Reply').click()
    await surface.page.getByText('Reply to Bob Larsen').waitFor()
    await surface.composer.press('Escape')
    assert.equal(await surface.page.getByText('Reply to Bob Larsen').count(), 0)
    await button(surface, /Number 298\D/, 'Reply').click()
    await surface.page.getByText('Reply to Bob Larsen').waitFor()
    await surface.composer.fill('because of the clock')
    await surface.composer.press('Enter')
    const { replyTo } = await surface.host.when('send')
    assert.equal(replyTo?.message, surface.host.messages[298]?.message)
    const far = surface.host.messages[20]
    assert.ok(far)
    surface.host.arrive({ text: 'and this', replyTo: { ...far, text: 'far above' } })
    await surface
      .message('and this')
      .getByRole('button', { name: /In reply to/ })
      .click()
    await surface
      .message(/Number 20\D/)
      .and(surface.page.locator('.is-shown'))
      .waitFor()
  })

  it('is to write one’s own anew, with Up in an empty composer, and what was being written stays', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = [
          message(0, { mine: true, written: now, text: 'helo' }),
          message(1, { mine: false, written: now }),
        ]
      },
    })
    surface.host.refuse('edit', 'The background service is away.')
    await surface.composer.press('ArrowUp')
    await until('its text', async () => (await surface.composer.inputValue()) === 'helo')
    await surface.composer.fill('hello')
    await surface.composer.press('Enter')
    await surface.page.getByText('The background service is away.').waitFor()
    assert.equal(await surface.composer.inputValue(), 'hello')
    await surface.composer.press('Enter')
    await surface.message('hello').getByText('(edited)').waitFor()
    assert.equal(await surface.composer.inputValue(), '')
    assert.equal(surface.host.count('send'), 0)
  })

  it('is to write anew, with Up, also what the hub has not taken yet', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = [message(0, { mine: true, written: now, text: 'before' })]
      },
    })
    surface.host.hold('send')
    await surface.composer.fill('on its way')
    await surface.composer.press('Enter')
    await surface.composer.press('ArrowUp')
    await until('its text', async () => (await surface.composer.inputValue()) === 'on its way')
  })

  it('is to react by keys, to join and to leave a reaction, and to delete', async () => {
    const surface = await surfaces.drawn({ script: inRoom })
    await surface.composer.press('Escape')
    await surface.page.keyboard.press('Enter')
    await surface.page.keyboard.press('Enter')
    await surface.page.getByRole('combobox', { name: 'Search for an emoji' }).fill('rock')
    await surface.page.keyboard.press('Enter')
    const rocket = surface.message('Tagged.').getByRole('button', { name: '🚀, 1: Alice Kim' })
    await rocket.click()
    await rocket.waitFor({ state: 'detached' })
    await surface.message('I do.').getByRole('button', { name: /^👍/, pressed: false }).click()
    await surface
      .message('I do.')
      .getByRole('button', { name: '👍, 2: Bob Larsen, Alice Kim', pressed: true })
      .waitFor()
    surface.host.refuse('remove', 'You may not delete that.')
    await surface.message('Who tags').hover()
    await button(surface, 'Who tags', 'Delete…').click()
    await surface.page.getByRole('alert').getByText('You may not delete that.').waitFor()
    await button(surface, 'Who tags', 'Delete…').click()
    await until('both are gone', async () => (await surface.message('This message was deleted.').count()) === 2)
  })

  it('is to mark it as unread from there, with the line above it', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(300)) })
    await surface.host.when('markRead')
    const read = surface.message(/Number 297\D/)
    await read.hover()
    await read.getByRole('button', { name: 'Mark as unread from here' }).click()
    const { position } = await surface.host.when('markUnread')
    assert.equal(position, surface.host.messages[297]?.position)
    await read.locator('.new-line').waitFor()
    assert.equal(surface.host.count('markRead'), 1)
  })

  it('is to mark it as unread before it was marked as read: then only what comes later is read', async () => {
    const script = (host: ScriptedHost) => (host.messages = conversationOf(30))
    const surface = await surfaces.drawn({ script, isInSight: false })
    const unread = surface.message(/Number 27\D/)
    await unread.hover()
    await unread.getByRole('button', { name: 'Mark as unread from here' }).click()
    await surface.host.when('markUnread')
    surface.host.tell('sight', { isInSight: true })
    const { position } = surface.host.arrive()
    assert.equal((await surface.host.when('markRead')).position, position)
  })

  it('is to have it disappear: what somebody else wrote only for oneself, and then it is gone', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(5)) })
    await surface.message('Number 4.').hover()
    await button(surface, 'Number 4.', 'Delete…').click()
    assert.equal((await surface.host.when('remove')).forAll, false)
    await surface.message('Number 4.').waitFor({ state: 'detached' })
    await surface.message('Number 2.').hover()
    await button(surface, 'Number 2.', 'Delete…').click()
    await surface.host.when('remove', ({ forAll }) => forAll)
    await surface.message('This message was deleted.').waitFor()
    assert.equal(await surface.message(/Number/).count(), 3)
  })

  it('is to name people of the room, who are offered as one writes', async () => {
    const surface = await surfaces.drawn({ script: inRoom })
    await surface.composer.pressSequentially('@')
    await surface.page.getByRole('option', { name: /@bob/ }).waitFor()
    await surface.composer.pressSequentially('ca')
    await surface.page.getByRole('option', { name: /@carol/, selected: true }).waitFor()
    await surface.composer.press('Tab')
    assert.equal(await surface.composer.inputValue(), '@carol ')
    await surface.composer.pressSequentially('and @all')
    await surface.composer.press('Escape')
    await surface.composer.press('Enter')
    assert.deepEqual((await surface.host.when('send')).mentions, ['e'.repeat(26), 'all'])
    assert.equal(await surface.page.locator('.text-mention.is-me').count(), 3)
  })

  it('is to send files: pasted or chosen, with words or without, and to get those of others', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(5)
        host.picked = [{ hash: 'h1', name: 'trace.log', size: 2_500, type: 'text/plain', path: '' }]
      },
    })
    const added = surface.host.hold('addFile')
    await surface.paste('screen.png', 'image/png')
    await surface.composer.press('Enter')
    await surface.page.getByText('Some files are still being added.').waitFor()
    added()
    await surface.page.getByRole('button', { name: 'File', exact: true }).click()
    await surface.page.getByText('2.5 KB').waitFor()
    await surface.paste('huge.bin', '', 11 * 1024 * 1024)
    await surface.page.getByRole('alert').getByText('It is too large').waitFor()
    await surface.page.getByRole('button', { name: 'Leave huge.bin out' }).click()
    await surface.composer.press('Enter')
    const { text, files } = await surface.host.when('send')
    assert.deepEqual([text, files?.map(({ name }) => name)], ['', ['screen.png', 'trace.log']])
    await surface.page.getByRole('button', { name: 'Save trace.log…' }).click()
    await surface.host.when('saveFile', ({ hash }) => hash === 'h1')
    surface.host.arrive({ text: 'mine', files: [{ hash: 'h9', name: 'core.dump', size: 9_000, type: '' }] })
    const fetched = surface.host.hold('fetchFile')
    await surface.page.getByRole('button', { name: 'Download core.dump' }).click()
    surface.host.tell('file', { hash: 'h9', done: 4_500, size: 9_000 })
    await surface.page.getByRole('progressbar', { name: 'core.dump' }).waitFor()
    fetched()
    await surface.page.getByRole('button', { name: 'Save core.dump…' }).waitFor()
  })

  it('is told to others while one writes, and who writes is said', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(5)) })
    surface.host.show(viewOf({ conversation: { typing: [{ ...bob, status: 'online', since: 0 }] } }))
    await surface.page.getByRole('status').filter({ hasText: 'Bob Larsen is typing…' }).waitFor()
    await surface.composer.pressSequentially('hello')
    await surface.host.when('typing')
    await surface.composer.press('Enter')
    await surface.host.when('typing', ({ stopped }) => stopped === true)
    assert.equal(surface.host.count('typing'), 2)
  })

  it('is to fetch a file, and to give that up: what is told of it later is of before', async () => {
    const file = { hash: 'h1', name: 'trace.log', size: 34_000, type: 'text/plain' }
    const surface = await surfaces.drawn({
      script: host => (host.messages = [message(0, { mine: false, written: now, text: 'look', files: [file] })]),
    })
    const release = surface.host.hold('fetchFile')
    await button(surface, 'look', 'Download trace.log').press('Enter')
    await surface.host.when('fetchFile')
    surface.host.tell('file', { hash: 'h1', done: 17_000, size: 34_000 })
    await surface.message('look').locator('progress[value="17000"]').waitFor()
    await surface.page.keyboard.press('Enter')
    assert.deepEqual(await surface.host.when('cancelFile'), { hash: 'h1' })
    surface.host.refuse('fetchFile', 'It is not fetched any more, because that was cancelled.')
    release()
    surface.host.tell('file', { hash: 'h1', done: 0, size: 34_000, waiting: 'It was cancelled.' })
    await surface.message('look').getByText('34 KB').waitFor()
    await button(surface, 'look', 'Download trace.log').and(surface.page.locator(':focus')).press('Enter')
    await button(surface, 'look', 'Save trace.log…').waitFor()
  })
})
