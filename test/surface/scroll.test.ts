import assert from 'node:assert/strict'
import { limits } from '../../extension/surface/limits.ts'
import { conversationOf, message, now, positionOf, viewOf } from '../support/surface/messages.ts'
import type { Surface } from '../support/surface/surface.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('scrolling in a chat surface', () => {
  const surfaces = useSurfaces()
  const long = () => surfaces.drawn({ script: host => (host.messages = conversationOf(2000)) })
  const inTheMiddle = () =>
    surfaces.drawn({
      script: host => {
        host.messages = conversationOf(2000)
        host.opened = { scroll: { position: positionOf(1000), offset: 0 } }
      },
    })

  /** The second message in sight, and where it stands: what one reads. */
  async function reading(surface: Surface): Promise<{ is: RegExp; offset: number }> {
    const [, number] = (await surface.numbersInSight()).filter(one => one >= 0)
    const is = new RegExp(`Number ${number}\\D`)
    return { is, offset: await surface.offsetOf(is) }
  }

  async function assertStays(surface: Surface, { is, offset }: { is: RegExp; offset: number }): Promise<void> {
    for (let frame = 0; frame < 20; frame++) {
      await surface.frames()
      const now = await surface.offsetOf(is)
      assert.ok(Math.abs(now - offset) <= 1, `what one reads moved from ${offset} to ${now} px`)
    }
  }

  it('brings older messages, and what one reads stays', async () => {
    const surface = await long()
    const answer = surface.host.hold('history')
    await surface.wheel(-30_000)
    await surface.host.when('history')
    await surface.page.getByText('Loading older messages…').waitFor()
    await until('the top of what is held', async () => {
      // What comes into sight is as high as it is, which may move the top away: then one turns the wheel again.
      if ((await surface.scroll()).top === 0) return true
      await surface.wheel(-3000)
      return false
    })
    const place = await reading(surface)
    answer()
    await until('the page', async () => (await surface.scroll()).top > 500)
    await assertStays(surface, place)
  })

  it('brings newer messages, and what one reads stays', async () => {
    const surface = await inTheMiddle()
    const answer = surface.host.hold('history')
    await surface.wheel(30_000)
    await surface.host.when('history', ({ after }) => after !== undefined)
    const { height } = await surface.scroll()
    const place = await reading(surface)
    answer()
    await until('the page', async () => (await surface.scroll()).height > height + 500)
    await assertStays(surface, place)
  })

  it('drops the farther messages, and what one reads stays', async function () {
    this.timeout(60_000)
    const surface = await inTheMiddle()
    for (let screens = 0; screens < 45; screens++) {
      await surface.wheel(-900)
      await surface.frames()
    }
    await until('rest', async () => (await surface.list.getAttribute('aria-busy')) === 'false')
    assert.ok(surface.host.count('history') > limits.held / limits.page)
    await assertStays(surface, await reading(surface))
    assert.ok((await surface.page.getByRole('article').count()) < 80)
  })

  it('moves nothing when a message comes while one reads', async () => {
    const surface = await long()
    await surface.wheel(-1500)
    await surface.jump.waitFor()
    await surface.frames()
    const place = await reading(surface)
    surface.host.arrive()
    surface.host.arrive({ text: 'Number 2001. News.' })
    surface.host.show(viewOf({ conversation: { unread: 2 } }))
    await surface.page.getByRole('button', { name: 'Jump to latest 2 new' }).waitFor()
    await assertStays(surface, place)
  })

  it('follows what comes while one is at the end', async () => {
    const surface = await long()
    for (let number = 2000; number < 2030; number++) {
      surface.host.arrive({ text: `Number ${number}. ${'It goes on. '.repeat(number % 9)}` })
      await until('the new message', async () => (await surface.numbersInSight()).at(-1) === number)
    }
    assert.equal(await surface.jump.count(), 0)
  })

  it('counts as read what comes while the end is on its way into sight', async () => {
    const surface = await long()
    const arriving = Array.from({ length: 100 }, (_, index) =>
      message(2000 + index, { mine: false, written: now + index, text: `Number ${2000 + index}. News.` }),
    )
    surface.host.messages.push(...arriving)
    await surface.page.evaluate(`(async arriving => {
      const list = document.querySelector('.list')
      for (const [number, each] of arriving.entries()) {
        // Something at the end gets larger, as code does in its colours; the end is out of sight until that is noticed.
        [...list.querySelectorAll('article')].at(-1).style.paddingBottom = (number * 97) % 300 + 'px'
        list.dispatchEvent(new Event('scroll'))
        await new Promise(resolve => number % 2 ? requestAnimationFrame(resolve) : setTimeout(resolve, number % 16))
        postMessage({ is: 'event', event: 'messages', value: [each] }, '*')
      }
    })(${JSON.stringify(arriving)})`)
    await until('the last message', async () => (await surface.numbersInSight()).at(-1) === 2099)
    assert.equal(await surface.jump.count(), 0)
    assert.equal(await surface.page.locator('.new-line').count(), 0)
  })

  it('lets nothing scroll by while one does not look', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(100)), isInSight: false })
    await until('the end', async () => (await surface.numbersInSight()).at(-1) === 99)
    for (let number = 100; number < 140; number++) surface.host.arrive()
    await surface.jump.waitFor()
    await until('the New line at the top', async () => (await surface.numbersInSight())[0] === 100)
    assert.equal(surface.host.count('markRead'), 0)
    surface.host.tell('sight', { isInSight: true })
    const { position } = await surface.host.when('markRead')
    assert.ok(position < positionOf(130), 'only what is on screen is read')
  })

  it('jumps to the latest message', async () => {
    const surface = await long()
    await surface.wheel(-1500)
    await surface.jump.click()
    await until('the end', async () => (await surface.numbersInSight()).at(-1) === 1999)
    assert.equal(await surface.jump.count(), 0)
    assert.equal(
      surface.host.asked.filter(({ method, params }) => method === 'history' && !('before' in params)).length,
      0,
    )
  })

  it('jumps to the latest message from far away', async () => {
    const surface = await inTheMiddle()
    await surface.jump.click()
    await until('the end', async () => (await surface.numbersInSight()).at(-1) === 1999)
    assert.equal(await surface.jump.count(), 0)
    await until('focus', () => surface.composer.evaluate(field => field.ownerDocument.activeElement === field))
  })

  it('says that a page could not be loaded, and tries again', async () => {
    const surface = await long()
    surface.host.refuse('history', 'The disk is broken.', { code: 'storage' })
    await surface.wheel(-30_000)
    await surface.page.getByText('Messages could not be loaded. The disk is broken.').waitFor()
    const place = await reading(surface)
    await surface.page.getByRole('button', { name: 'Retry' }).click()
    await until('the page', async () => (await surface.scroll()).top > 500)
    await assertStays(surface, place)
    assert.equal(await surface.page.getByText('could not be loaded').count(), 0)
  })

  it('says where the chat begins', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(100)) })
    await until('the first page', async () => {
      await surface.wheel(-5000)
      return (await surface.numbersInSight())[0] === 0
    })
    await surface.page.getByText('This is the beginning of your chat with Bob Larsen.').waitFor()
  })

  it('keeps what one reads when the window gets narrower and wider', async () => {
    const surface = await inTheMiddle()
    const top = (await surface.numbersInSight())[0]
    for (const width of [420, 1100, 800]) {
      await surface.page.setViewportSize({ width, height: 640 })
      await surface.frames()
      await surface.frames()
      assert.equal((await surface.numbersInSight())[0], top)
    }
  })

  it('stays at the end when the window gets smaller', async () => {
    const surface = await long()
    for (const height of [300, 900, 420]) {
      await surface.page.setViewportSize({ width: 500, height })
      await until('the end', async () => (await surface.numbersInSight()).at(-1) === 1999)
    }
  })

  it('keeps what one reads when messages above it grow', async () => {
    const surface = await inTheMiddle()
    await surface.frames()
    const place = await reading(surface)
    // One that is drawn ahead and one that is not.
    for (const number of [998, 950]) {
      const known = surface.host.messages[number]
      assert.ok(known)
      surface.host.tell('messages', [{ ...known, text: 'It has grown.\n\n'.repeat(30) }])
      await assertStays(surface, place)
    }
  })

  it('keeps a message that is told late in its place, and moves nothing', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(300).filter((_, number) => number !== 280 && number !== 299)
      },
    })
    await surface.wheel(-250)
    await surface.frames()
    await surface.frames()
    const place = await reading(surface)
    surface.host.tell('messages', [message(280, { mine: false, text: 'Number 280. Late. '.repeat(20) })])
    await assertStays(surface, place)
    await surface.wheel(-600)
    await surface.message(/Number 280\D/).waitFor()
  })
})
