import assert from 'node:assert/strict'
import { conversationOf, viewOf } from '../support/surface/messages.ts'
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
    await surface.page.keyboard.press('Escape')
    await surface.page.getByText(sentence).waitFor({ state: 'hidden' })
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
    assert.deepEqual(await surface.host.when('act'), { what: 'copyName' })
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
