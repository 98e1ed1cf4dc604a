import assert from 'node:assert/strict'
import { conversationOf, message, viewOf } from '../support/surface/messages.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('the header', () => {
  const surfaces = useSurfaces()
  const open = (width = 800) =>
    surfaces.drawn({ viewport: { width, height: 640 }, script: host => (host.messages = conversationOf(5)) })

  it('explains each of its words, in a tooltip and in a line when pressed', async () => {
    const surface = await open()
    const button = surface.page.getByRole('button', { name: 'Not verified' })
    const sentence = (await button.getAttribute('title')) ?? ''
    assert.match(sentence, /Acme alone/)
    await button.click()
    await surface.page.getByText(sentence).waitFor()
    // A line that has just come listens to keys a frame later.
    await until('Escape closes the line', async () => {
      await surface.page.keyboard.press('Escape')
      return surface.page.getByText(sentence).isHidden()
    })
  })

  it('leads from a word to what can be done about it', async () => {
    const surface = await open()
    await surface.page.getByRole('button', { name: 'Not verified' }).click()
    await surface.page.getByRole('button', { name: 'Verify…' }).click()
    assert.deepEqual(await surface.host.when('act'), { what: 'verify' })
  })

  it('lets nothing be written before one has decided about a changed key', async () => {
    const surface = await open()
    await surface.composer.fill('half a sentence')
    surface.host.show(viewOf({ person: { trust: 'changed' } }))
    await surface.page.getByText('Nothing is sent to them or shown of theirs').waitFor()
    assert.ok(await surface.composer.isDisabled())
    assert.equal(await surface.composer.inputValue(), 'half a sentence')
    await surface.page.getByText('key has changed: decide above').waitFor()
    await surface.page.getByRole('button', { name: 'Go on unverified…' }).click()
    assert.deepEqual(await surface.host.when('act'), { what: 'acceptKey' })
    surface.host.show(viewOf())
    await until('writing again', async () => surface.composer.isEnabled())
  })

  it('says of a classic client that nothing is encrypted, and only that a message was sent', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = [message(0, { mine: true, text: 'hello', state: 'sent' })]
        host.view = viewOf({ person: { via: 'classic', address: '192.0.2.9' }, conversation: { linked: false } })
      },
    })
    await surface.page.getByRole('heading', { name: 'claims to be Bob Larsen' }).waitFor()
    await surface.page.getByRole('button', { name: 'Not encrypted' }).waitFor()
    await surface.message('hello').getByText('Sent', { exact: true }).waitFor()
    assert.equal(await surface.message('hello').locator('.message-state svg').count(), 0)
    await surface.composer.fill('a'.repeat(250))
    await surface.page.getByText('Goes out in about 3 parts of 100 bytes').waitFor()
  })

  it('follows how the other one is', async () => {
    const surface = await open()
    await surface.page.getByRole('button', { name: 'online' }).waitFor()
    surface.host.show(viewOf({ person: { status: 'away' } }))
    await surface.page.getByRole('button', { name: 'away' }).waitFor()
    surface.host.show(viewOf({ person: { status: 'offline' }, conversation: { linked: false } }))
    await surface.page.getByRole('button', { name: 'Not connected' }).waitFor()
  })

  it('mutes and unmutes', async () => {
    const surface = await open()
    const mute = surface.page.getByRole('button', { name: 'Mute' })
    await mute.click()
    assert.deepEqual(await surface.host.when('act'), { what: 'mute' })
    surface.host.show(viewOf({ conversation: { muted: true } }))
    await until('muted', async () => (await mute.getAttribute('aria-pressed')) === 'true')
    surface.host.forget()
    await mute.click()
    assert.deepEqual(await surface.host.when('act'), { what: 'unmute' })
  })

  it('has a menu that keys go through', async () => {
    const surface = await open()
    const more = surface.page.getByRole('button', { name: 'More' })
    await more.press('Enter')
    await surface.page.keyboard.press('ArrowDown')
    await surface.page.keyboard.press('ArrowUp')
    await surface.page.keyboard.press('Enter')
    assert.deepEqual(await surface.host.when('act'), { what: 'verify' })
    await more.press('Enter')
    await surface.page.getByRole('menuitem', { name: 'Clear history…' }).press('Enter')
    await surface.host.when('act', ({ what }) => what === 'clear')
    await surface.page.getByRole('button', { name: 'Search in this chat' }).click()
    await surface.host.when('act', ({ what }) => what === 'search')
    await more.press('Enter')
    await surface.page.keyboard.press('Escape')
    await surface.page.getByRole('menu').waitFor({ state: 'hidden' })
    assert.ok(await more.evaluate(button => button === document.activeElement))
  })

  it('is one line in a side bar, and nothing of it is out of sight', async () => {
    for (const width of [180, 220, 300, 420]) {
      const surface = await open(width)
      const { height, right } = await surface.page.locator('.header').evaluate(header => ({
        height: header.getBoundingClientRect().height,
        right: Math.max(...[...header.querySelectorAll('button')].map(button => button.getBoundingClientRect().right)),
      }))
      assert.ok(height < 44 && right <= width, `${height} px high, up to ${right} of ${width} px`)
      assert.ok(((await surface.page.locator('.header-name').boundingBox())?.width ?? 0) > 20)
    }
  })
})
