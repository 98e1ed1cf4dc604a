import assert from 'node:assert/strict'
import { conversationOf, positionOf } from '../support/surface/messages.ts'
import type { Surface } from '../support/surface/surface.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('a chat surface by keyboard', () => {
  const surfaces = useSurfaces()
  const long = () => surfaces.drawn({ script: host => (host.messages = conversationOf(500)) })

  /** What has the focus, as a screen reader would name it. */
  async function focused(surface: Surface): Promise<string> {
    return String(
      await surface.page.evaluate(
        `(({ tagName, ariaLabel, textContent }) => (tagName === 'BODY' ? 'nothing' : (ariaLabel ?? textContent)))(document.activeElement)`,
      ),
    )
  }

  async function focusedNumber(surface: Surface): Promise<number> {
    return Number(/Number (\d+)/.exec(await focused(surface))?.[1] ?? -1)
  }

  async function press(surface: Surface, key: string, number: number): Promise<void> {
    await surface.page.keyboard.press(key)
    await until(`${key} comes to ${number}`, async () => (await focusedNumber(surface)) === number, 3000).catch(
      async error => {
        throw new Error(`${error.message}: it is at ${await focused(surface)}`)
      },
    )
  }

  it('goes from the composer to the latest message and back', async () => {
    const surface = await long()
    await surface.composer.focus()
    await press(surface, 'Escape', 499)
    await surface.page.keyboard.press('Escape')
    await until('the composer', async () => /Message/.test(await focused(surface)))
    await press(surface, 'F6', 499)
    await surface.page.keyboard.press('Shift+F6')
    await until('the composer', async () => /Message/.test(await focused(surface)))
  })

  it('leaves no key to the editor that means something here', async () => {
    const surface = await long()
    await surface.page.evaluate(
      `globalThis.passed = []; addEventListener('keydown', ({ key }) => globalThis.passed.push(key))`,
    )
    await surface.composer.focus()
    for (const key of ['F6', 'Shift+F6', 'Escape', 'Escape']) await surface.page.keyboard.press(key)
    await surface.composer.fill('sent')
    for (const key of ['Enter', 'ArrowUp', 'F2']) await surface.page.keyboard.press(key)
    assert.deepEqual(await surface.page.evaluate('globalThis.passed'), ['Shift', 'F2'])
  })

  it('goes from message to message, and on into what is not loaded yet', async () => {
    const surface = await long()
    await surface.composer.focus()
    await press(surface, 'Escape', 499)
    await press(surface, 'ArrowUp', 498)
    await press(surface, 'ArrowUp', 497)
    await press(surface, 'ArrowDown', 498)
    await surface.page.keyboard.press('PageUp')
    await until('a screen up', async () => (await focusedNumber(surface)) < 492)
    const there = await focusedNumber(surface)
    assert.ok((await surface.numbersInSight()).includes(there), 'what has the focus is in sight')
    for (let number = there - 1; number > there - 60; number--) {
      if (number % 53 === 17) await surface.page.keyboard.press('ArrowUp')
      else await press(surface, 'ArrowUp', number)
    }
    await press(surface, 'End', 499)
    await surface.page.keyboard.press('Home')
    await until('the first message held', async () => (await focusedNumber(surface)) < 450)
  })

  it('comes to what can be done with a message, and back', async () => {
    const surface = await long()
    await surface.composer.focus()
    await press(surface, 'Escape', 499)
    await surface.page.keyboard.press('Enter')
    await until('the first action', async () => (await focused(surface)) === 'React')
    for (const _ of ['Reply', 'Edit', 'Copy text']) await surface.page.keyboard.press('ArrowRight')
    assert.equal(await focused(surface), 'Copy text')
    assert.ok(
      await surface
        .message(/Number 499\D/)
        .getByRole('button', { name: 'Copy text' })
        .isVisible(),
    )
    await surface.page.keyboard.press('Enter')
    const { text } = await surface.host.when('copy')
    assert.equal(text, surface.host.messages[499]?.text)
    await press(surface, 'Escape', 499)
  })

  it('retries a failed message', async () => {
    const surface = await long()
    surface.host.refuse('send', 'The disk is full.', { code: 'storage' })
    await surface.composer.fill('hello')
    await surface.composer.press('Enter')
    await surface.message('hello').getByText('Not sent.').waitFor()
    await surface.page.keyboard.press('Escape')
    await until('the message', async () => /hello/.test(await focused(surface)))
    await surface.page.keyboard.press('Enter')
    await until('Retry', async () => (await focused(surface)) === 'Retry')
    await surface.page.keyboard.press('ArrowRight')
    await until('Edit', async () => (await focused(surface)) === 'Edit')
    await surface.page.keyboard.press('ArrowLeft')
    await surface.page.keyboard.press('Enter')
    await surface.message('hello').getByText('Delivered').waitFor()
  })

  it('has one stop for the Tab key among the messages, which stays where it was', async () => {
    const surface = await long()
    assert.equal(await surface.page.locator('article[tabindex="0"]').count(), 1)
    await surface.composer.focus()
    await press(surface, 'Escape', 499)
    await press(surface, 'ArrowUp', 498)
    await press(surface, 'ArrowUp', 497)
    await surface.composer.focus()
    await press(surface, 'Escape', 497)
    assert.equal(await surface.page.locator('article[tabindex="0"]').count(), 1)
  })

  it('focuses the last message when the editor asks for it, from far away too', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(500)
        host.opened = { scroll: { position: positionOf(100), offset: 0 } }
      },
    })
    surface.host.tell('focus', 'lastMessage')
    await until('the last message', async () => (await focusedNumber(surface)) === 499)
    surface.host.tell('focus', 'composer')
    await until('the composer', async () => /Message/.test(await focused(surface)))
  })

  it('keeps the focus in the page when the message that had it is dropped', async () => {
    const surface = await long()
    await surface.composer.focus()
    await press(surface, 'Escape', 499)
    for (let screens = 0; screens < 30; screens++) {
      await surface.wheel(-2000)
      await surface.frames()
    }
    await until('it is dropped', async () => (await surface.message(/Number 499\D/).count()) === 0)
    await surface.page.keyboard.press('ArrowUp')
    await until('a message in sight', async () =>
      (await surface.numbersInSight()).includes(await focusedNumber(surface)),
    )
  })

  it('has the composer ready for who comes to the chat, and leaves the focus where it was', async () => {
    const surface = await long()
    await surface.page.evaluate("dispatchEvent(new Event('focus'))")
    await until('the composer', async () => /Message/.test(await focused(surface)))
    await press(surface, 'Escape', 499)
    await surface.page.evaluate("dispatchEvent(new Event('focus'))")
    await surface.frames()
    assert.equal(await focusedNumber(surface), 499)
  })

  it('puts what the editor gives into the composer', async () => {
    const surface = await long()
    surface.host.tell('insert', { text: '```ts src/a.ts:1-2\nconst a = 1\n```' })
    await until('the block', async () => (await surface.composer.inputValue()).includes('src/a.ts:1-2'))
    await until('the composer', async () => /Message/.test(await focused(surface)))
  })
})
