import assert from 'node:assert/strict'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { limits } from '../../extension/surface/limits.ts'
import { conversationOf, viewOf } from '../support/surface/messages.ts'
import { showEveryState } from '../support/surface/states.ts'
import type { Surface } from '../support/surface/surface.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('a chat surface is accessible', () => {
  const surfaces = useSurfaces()
  const announced = (surface: Surface) => surface.page.locator('[data-announcer]').textContent()

  it("by axe's rules in every state and theme", async function () {
    this.timeout(180_000)
    const faults: string[] = []
    await showEveryState(surfaces, { theme: 'dark' }, async (name, { page }) => {
      await page.evaluate(axe.source)
      for (const theme of ['dark', 'light', 'high-contrast'] as const) {
        if (theme !== 'dark') await wear(page, theme)
        // The page is the same in each: only its colours are others.
        const given = theme === 'dark' ? {} : { runOnly: ['color-contrast', 'link-in-text-block'] }
        for (const fault of (await page.evaluate(runAxe(given))) as string[]) faults.push(`${name}, ${theme}: ${fault}`)
      }
    })
    assert.deepEqual(faults, [])
  })

  it('says new messages of others, those that come together at once', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(5)) })
    surface.host.arrive({ text: 'The clock. It only *fails* when `abort` comes first.' })
    surface.host.arrive({ text: 'x'.repeat(10_000) })
    await until('the announcement', async () => (await announced(surface))?.includes('Bob Larsen: The clock.'))
    const said = (await announced(surface)) ?? ''
    assert.match(said, /Bob Larsen: The clock\. It only fails when abort comes first\./)
    assert.match(said, /Bob Larsen: x+…/)
    assert.ok(said.length < 2 * (limits.announced + 20), `${said.length} characters`)
  })

  it('counts many new messages', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(5)) })
    for (let number = 0; number < 10; number++) surface.host.arrive()
    await until('the count', async () => (await announced(surface)) === '10 new messages from Bob Larsen')
  })

  it('says nothing of what is scrolled into sight, nor of what one sends', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(300)) })
    await surface.wheel(-4000)
    await surface.composer.fill('hello')
    await surface.composer.press('Enter')
    await surface.message('hello').getByText('Delivered').waitFor()
    const news = surface.host.arrive({ text: 'news' })
    await until('the news', async () => (await announced(surface))?.includes(news.text))
    assert.equal(await announced(surface), 'Bob Larsen: news')
  })

  it('says what keeps messages from going through', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(5)) })
    surface.host.show(viewOf({ conversation: { linked: false }, account: { state: 'unreachable', status: 'offline' } }))
    await surface.page
      .getByRole('status')
      .filter({ hasText: 'You are offline. What you write is sent when Acme can be reached again.' })
      .waitFor()
  })

  it('names each message by its author, its time and its text', async () => {
    const surface = await surfaces.drawn({ script: host => (host.messages = conversationOf(5)) })
    await surface.page.getByRole('article', { name: /^Bob Larsen, \d\d:\d\d: Number 4\./ }).waitFor()
  })

  it('shows times and days in the language of the editor, and its own words', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(5)
        host.opened = { locale: 'de', strings: { Delivered: 'Zugestellt', Today: 'Heute' } }
      },
    })
    await surface.page.getByText('Zugestellt').waitFor()
  })

  it('can be enlarged and narrow: nothing is cut off sideways', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(60)
        host.view = viewOf({ person: { displayName: 'A very long name that somebody has given themselves' } })
      },
      viewport: { width: 240, height: 500 },
    })
    const width = await surface.page.evaluate('document.documentElement.scrollWidth')
    assert.equal(width, 240)
    assert.ok((await surface.composer.boundingBox())?.width ?? 0 > 100)
  })

  it('keeps still for those who want reduced motion', async () => {
    const surface = await surfaces.drawn({
      script: host => {
        host.messages = conversationOf(500)
        host.hold('history')
      },
      reducedMotion: 'reduce',
    })
    await surface.wheel(-5000)
    await surface.host.when('history')
    await surface.page.getByText('Loading older messages…').waitFor()
    const running = await surface.page.evaluate(
      'document.getAnimations().filter(({ effect }) => effect.getComputedTiming().duration > 0).length',
    )
    assert.equal(running, 0)
  })
})

/** Changes the theme as the editor does, while the page is there. */
async function wear(page: Page, theme: string): Promise<void> {
  await page.evaluate(`new Promise((resolve, reject) => {
    const sheet = document.querySelectorAll('link')[1]
    sheet.addEventListener('load', resolve, { once: true })
    sheet.addEventListener('error', reject, { once: true })
    sheet.setAttribute('href', '/${theme}.css')
    document.body.className = 'vscode-${theme}'
    document.body.dataset.vscodeThemeKind = 'vscode-${theme}'
  })`)
}

/** Every rule, or those `given`; of those that hold it is not written down where they do. */
function runAxe(given: { readonly runOnly?: readonly string[] }): string {
  const options = JSON.stringify({ resultTypes: ['violations'], ...given })
  return `axe.run(${options}).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary)))`
}
