import assert from 'node:assert/strict'
import { conversationOf, positionOf, viewOf } from '../support/surface/messages.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('a chat surface opens', () => {
  const surfaces = useSurfaces()

  it('at the latest message', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(500)) })
    await until('the end', async () => (await surface.numbersInSight()).at(-1) === 499)
    const { top, height, seen } = await surface.scroll()
    assert.ok(height - top - seen < 1, 'it is at its very end')
    assert.equal(await surface.jump.count(), 0)
  })

  it('at the first unread message, under the New line', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(500)
        host.opened = { firstUnread: positionOf(402) }
        host.view = viewOf({ conversation: { unread: 50 } })
      },
    })
    await until('the first unread message', async () => (await surface.numbersInSight())[0] === 402)
    const line = await surface.page.getByText('New', { exact: true }).boundingBox()
    const list = await surface.list.boundingBox()
    assert.ok(line && list && line.y - list.y < 40, 'the New line is at the top')
    await surface.page.getByRole('button', { name: 'Jump to latest 50 new' }).waitFor()
  })

  it('at its end when all that is unread fits in sight', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(500)
        host.opened = { firstUnread: positionOf(496) }
      },
    })
    await until('the end', async () => (await surface.numbersInSight()).at(-1) === 499)
    await surface.page.getByText('New', { exact: true }).waitFor()
    await surface.host.when('markRead', ({ position }) => position === positionOf(496))
  })

  it('where one was, to the pixel', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(500)
        host.opened = { scroll: { position: positionOf(201), offset: 9 } }
      },
    })
    await until('the place', async () => Math.abs((await surface.offsetOf(/Number 201\D/)) + 9) <= 1)
  })

  it('again after a reload where one was', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(500)) })
    await until('the end', async () => (await surface.numbersInSight()).at(-1) === 499)
    await surface.wheel(-3000)
    const { scroll } = await surface.host.when('save', ({ scroll }) => typeof scroll === 'object' && scroll !== null)
    assert.ok(scroll)
    await until('rest', async () => {
      const { top } = await surface.scroll()
      await surface.frames()
      return top === (await surface.scroll()).top
    })
    const before = await surface.numbersInSight()
    const offset = await surface.offsetOf(new RegExp(`Number ${before[1]}\\D`))
    surface.host.forget()
    await surface.wheel(-1)
    const kept = await surface.host.when('save')
    assert.ok(kept.scroll)
    surface.host.opened = { scroll: kept.scroll }
    await surface.page.reload()
    await surface.drawn()
    const found = async () => surface.offsetOf(new RegExp(`Number ${before[1]}\\D`)).catch(() => undefined)
    await until('the same place', async () => Math.abs(((await found()) ?? 1e6) - offset) <= 2)
  })

  it('with one next step when nothing was said yet', async () => {
    const surface = await surfaces.loaded()
    await surface.page.getByRole('heading', { name: 'Say hello to Bob Larsen' }).waitFor()
    await surface.page.getByRole('button', { name: 'Write a message' }).click()
    await surface.page.keyboard.type('Hello Bob')
    await surface.page.keyboard.press('Enter')
    await surface.message('Hello Bob').waitFor()
    assert.equal(await surface.page.getByRole('heading', { name: 'Say hello' }).count(), 0)
    await surface.page.getByText('This is the beginning of your chat with Bob Larsen.').waitFor()
  })

  it('with a sketch of a chat while it waits', async () => {
    const surface = await surfaces.loaded({
      script: host => {
        host.messages = conversationOf(10)
        host.hold('open')
      },
    })
    await surface.page.getByText('Loading messages…').waitFor()
  })

  it('with the reason when it cannot, and tries again', async () => {
    const surface = await surfaces.loaded({
      script: host => {
        host.messages = conversationOf(10)
        host.refuse('open', 'The background service has ended six times in a row.', { code: 'not-running' })
      },
    })
    await surface.page.getByText('The background service has ended six times in a row.').waitFor()
    await surface.page.getByRole('button', { name: 'Show log' }).click()
    assert.deepEqual(await surface.host.when('act'), { what: 'showLog' })
    await surface.page.getByRole('button', { name: 'Try again' }).click()
    await surface.drawn()
  })

  it('by itself once it can', async () => {
    const surface = await surfaces.loaded({
      script: host => {
        host.messages = conversationOf(10)
        host.refuse('open', 'The background service is starting.', { code: 'not-running' })
      },
    })
    await surface.page.getByText('The background service is starting.').waitFor()
    surface.host.tell('stale', {})
    await surface.drawn()
  })
})
