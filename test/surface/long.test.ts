import assert from 'node:assert/strict'
import { conversationOf } from '../support/surface/messages.ts'
import type { Surface } from '../support/surface/surface.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

const count = 50_000
const usual = { width: 800, height: 640 }

describe('a chat of 50,000 messages', () => {
  const surfaces = useSurfaces()
  const history = conversationOf(count)

  /**
   * Scrolls as fast as messages come until the message with that number is in sight; gives what the page weighed on the
   * way, each time 5,000 messages further. On the way the window is low: every page comes and goes all the same, and
   * half as many messages are drawn that are passed at once. It is weighed in its usual size.
   */
  async function travel(surface: Surface, goal: number): Promise<{ elements: number; heap: number }[]> {
    const weights: { elements: number; heap: number }[] = []
    const [start = assert.fail('nothing is in sight')] = await surface.numbersInSight()
    const way = goal < start ? -1 : 1
    for (let next = 5000; ; next += 5000) {
      const stop = Math.abs(goal - start) < next ? goal : start + way * next
      await surface.page.setViewportSize({ ...usual, height: 160 })
      await surface.scrollTo(stop, way)
      await surface.page.setViewportSize(usual)
      await surface.frames()
      weights.push(await surface.weigh())
      if (stop === goal) return weights
    }
  }

  it('is scrolled from end to end with as many elements and as much memory at every place', async function () {
    this.timeout(300_000)
    const surface = await surfaces.drawn({ viewport: usual, script: host => (host.messages = history) })
    await until('the end', async () => (await surface.numbersInSight()).at(-1) === count - 1)
    const up = await travel(surface, 0)
    const down = await travel(surface, 10_000)
    await surface.jump.click()
    await until('the end', async () => (await surface.numbersInSight()).at(-1) === count - 1)
    const weights = [...up, ...down, await surface.weigh()]
    console.log(weights.map(({ elements, heap }) => `${elements} elements, ${(heap / 1e6).toFixed(1)} MB`).join('\n'))
    assert.ok(weights.length > 12)
    for (const { elements } of weights) assert.ok(elements < 1000, `${elements} elements`)
    // Single ones vary with what the browser compiles and when; what is held on to would show in all of the later ones.
    const heap = (some: typeof weights) => median(some.map(({ heap }) => heap))
    const [early, late] = [heap(weights.slice(0, 5)), heap(weights.slice(-5))]
    assert.ok(late < early * 1.2, `${late} bytes of heap, ${early} on the first 25,000 messages`)
  })
})

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}
