import { Random } from '../support/random.ts'
import { conversationOf, message, now, positionOf } from '../support/surface/messages.ts'
import type { Surface } from '../support/surface/surface.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('a chat surface', () => {
  const surfaces = useSurfaces()

  it('shows messages in order, none missing and none twice, whatever one does', async function () {
    this.timeout(120_000)
    const seed = Number(process.env.PARLEY_TEST_SEED ?? 11)
    const random = new Random(seed)
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(3000).map(one => ({ ...one, text: one.text.replace(/^Look at/, 'Number 0 ') }))
        host.messages = host.messages.map((one, number) => ({
          ...one,
          text: `Number ${number}. ${one.text.slice(0, 150)}`,
        }))
      },
    })
    const deeds: readonly [string, () => Promise<unknown>][] = [
      ['up', () => surface.wheel(-random.below(4000))],
      ['up far', () => surface.wheel(-60_000)],
      ['down', () => surface.wheel(random.below(3000))],
      ['down far', () => surface.wheel(60_000)],
      ['arrive', async () => arrive(surface)],
      ['jump', () => jump(surface)],
      [
        'resize',
        () => surface.page.setViewportSize({ width: 300 + random.below(600), height: 250 + random.below(500) }),
      ],
      ['stale', async () => surface.host.tell('stale', {})],
      ['keys', () => surface.page.keyboard.press(random.pick(['Escape', 'ArrowUp', 'PageUp', 'PageDown', 'End']))],
      ['frame', () => surface.frames()],
    ]
    const done: string[] = []
    for (let step = 0; step < 150; step++) {
      const [name, act] = random.pick(deeds as [(typeof deeds)[number]])
      done.push(name)
      await act()
      // What is far away takes some frames to be drawn.
      await until(`messages in order (seed ${seed}: ${done.slice(-8).join(', ')})`, async () => {
        const numbers = await surface.numbersInSight()
        const [first] = numbers
        return first !== undefined && numbers.every((number, index) => number === first + index)
      })
    }
    await surface.page.setViewportSize({ width: 800, height: 640 })
    await until('the end', async () => {
      await jump(surface)
      return (await surface.numbersInSight()).at(-1) === surface.host.messages.length - 1
    })
  })

  /** Presses the button if it is there, and stays long enough. */
  async function jump(surface: Surface): Promise<void> {
    if ((await surface.jump.count()) > 0) await surface.jump.click({ timeout: 1000 }).catch(() => {})
  }

  function arrive(surface: Surface): void {
    const number = surface.host.messages.length
    const arrived = message(number, {
      mine: false,
      written: now + number,
      position: positionOf(number),
      text: `Number ${number}. New.`,
    })
    surface.host.messages.push(arrived)
    surface.host.tell('messages', [arrived])
  }
})
