import assert from 'node:assert/strict'
import { conversationOf, message, now, viewOf } from '../support/surface/messages.ts'
import type { Surface } from '../support/surface/surface.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('sending from a chat surface', () => {
  const surfaces = useSurfaces()
  const few = () => surfaces.drawn({ script: host => (host.messages = conversationOf(5)) })

  async function write(surface: Surface, text: string): Promise<void> {
    await surface.composer.fill(text)
    await surface.composer.press('Enter')
  }

  it('shows at once what one has sent, and what has become of it', async () => {
    const surface = await few()
    const answer = surface.host.hold('send')
    await write(surface, 'hello')
    await surface.message('hello').getByText('Sending…').waitFor()
    assert.equal(await surface.composer.inputValue(), '')
    const [sent] = [await surface.host.when('send')]
    const queued = message(5, { ...sent, mine: true, written: now, state: 'queued', position: 'outbox/00000000001' })
    surface.host.tell('messages', [queued])
    await surface.message('hello').getByText('Waiting for Bob Larsen’s device').waitFor()
    surface.host.tell('messages', [message(5, { ...sent, mine: true, written: now })])
    await surface.message('hello').getByText('Delivered').waitFor()
    answer()
    await surface.frames()
    assert.equal(await surface.message('hello').count(), 1)
  })

  it('says each state beside the last message that it is true of', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = [
          message(0, { mine: true, text: 'first', written: now - 3 }),
          message(1, { mine: true, text: 'second', written: now - 2 }),
          message(2, { mine: true, text: 'third', written: now - 1, state: 'queued', position: 'outbox/00000000001' }),
          message(3, { mine: true, text: 'fourth', written: now, state: 'queued', position: 'outbox/00000000002' }),
        ]
      },
    })
    await surface.message('second').getByText('Delivered').waitFor()
    await surface.message('fourth').getByText('Waiting for Bob Larsen’s device').waitFor()
    assert.equal(await surface.page.getByText('Delivered').count(), 1)
    assert.equal(await surface.page.getByText('Waiting for').count(), 1)
  })

  it('says why a message was not sent; Retry makes it one message', async () => {
    const surface = await few()
    surface.host.refuse('send', 'The disk is full.', { code: 'storage' })
    await write(surface, 'hello')
    const failed = surface.message('hello')
    await failed.getByText('Not sent. The disk is full.').waitFor()
    await failed.getByRole('button', { name: 'Retry' }).click()
    await failed.getByText('Delivered').waitFor()
    assert.equal(await surface.message('hello').count(), 1)
    assert.equal(surface.host.messages.filter(({ text }) => text === 'hello').length, 1)
  })

  it('takes a failed message back to edit it, or drops it', async () => {
    const surface = await few()
    surface.host.refuse('send', 'It is too long.', { code: 'bad-message', times: 2 })
    await write(surface, 'one')
    await surface.message('one').getByText('Not sent.').waitFor()
    await write(surface, 'two')
    await surface.message('two').getByText('Not sent.').waitFor()
    await surface.message('two').getByRole('button', { name: 'Discard' }).click()
    await until('it is gone', async () => (await surface.message('two').count()) === 0)
    await surface.message('one').getByRole('button', { name: 'Edit' }).click()
    await until('it is back', async () => (await surface.composer.inputValue()) === 'one')
    assert.equal(await surface.message('one').count(), 0)
    assert.ok(await surface.composer.evaluate(field => field.ownerDocument.activeElement === field))
  })

  it('waits while the background service is away, and says so', async () => {
    const surface = await few()
    surface.host.show(viewOf({ hub: { is: 'connecting', why: 'Parley’s background service is starting…' } }))
    await surface.page.getByText('Parley’s background service is starting…').waitFor()
    surface.host.refuse('send', 'It is away.', { code: 'not-running' })
    await write(surface, 'hello')
    await surface.message('hello').getByText('Waiting for Parley’s background service').waitFor()
    surface.host.show(viewOf())
    await surface.message('hello').getByText('Delivered').waitFor()
    assert.equal(await surface.page.getByText('is starting…').count(), 0)
  })

  it('loses nothing by a reload', async () => {
    const surface = await few()
    surface.host.hold('send')
    await write(surface, 'hello')
    await surface.host.when('send')
    await surface.composer.fill('half a thou')
    await surface.host.when('save', ({ draft }) => draft === 'half a thou')
    surface.host.opened = { draft: 'half a thou' }
    surface.host.hold('send')() // the page that asked is gone
    await surface.page.reload()
    await surface.message('hello').getByText('Delivered').waitFor()
    assert.equal(await surface.composer.inputValue(), 'half a thou')
    assert.equal(surface.host.messages.filter(({ text }) => text === 'hello').length, 1)
  })

  it('goes to the end, and takes the New line away', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(300)
        host.opened = { firstUnread: host.messages[200]?.position ?? '' }
      },
    })
    await surface.page.getByText('New', { exact: true }).waitFor()
    await write(surface, 'hello')
    await surface.message('hello').getByText('Delivered').waitFor()
    assert.equal(await surface.page.getByText('New', { exact: true }).count(), 0)
    assert.equal(await surface.jump.count(), 0)
  })

  it('sends nothing while an input method composes', async () => {
    const surface = await few()
    await surface.composer.focus()
    const keyboard = await surface.page.context().newCDPSession(surface.page)
    await keyboard.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 })
    await keyboard.send('Input.dispatchKeyEvent', {
      type: 'rawKeyDown',
      key: 'Process',
      code: 'Enter',
      windowsVirtualKeyCode: 229,
    })
    await keyboard.send('Input.insertText', { text: '日本' })
    await until('the text', async () => (await surface.composer.inputValue()) === '日本')
    assert.equal(surface.host.count('send'), 0)
    await surface.composer.press('Enter')
    await surface.message('日本').getByText('Delivered').waitFor()
  })

  it('shows what another window of the same person sends', async () => {
    const surface = await few()
    surface.host.arrive({ mine: true, text: 'from elsewhere', state: 'delivered' })
    await surface.message('from elsewhere').waitFor()
  })
})
