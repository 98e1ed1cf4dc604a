import type { Browser, BrowserContextOptions, CDPSession, Locator, Page } from 'playwright-core'
import type { FromSurface } from '../../../extension/src/chat/messages.ts'
import { now } from './messages.ts'
import { ScriptedHost } from './scripted-host.ts'
import type { Site, Theme } from './site.ts'

export interface SurfaceOptions
  extends Pick<BrowserContextOptions, 'viewport' | 'deviceScaleFactor' | 'reducedMotion'> {
  readonly theme?: Theme
  readonly language?: string
  /** Scripts the host before the page is there. */
  readonly script?: (host: ScriptedHost) => void
  /** Whether the page is in sight, as the editor tells it once it is open. */
  readonly isInSight?: boolean
  /** Whether times are measured in the page; then its clock is the true one, and `Today` another day than in the pictures. */
  readonly isTimed?: boolean
  /** One that is open: what the browser keeps of the page is there already. Only the page is its own, and its script. */
  readonly beside?: Surface
}

/** A chat surface in a browser page, and the host that a test scripts. */
export class Surface implements AsyncDisposable {
  readonly page: Page
  readonly host: ScriptedHost
  /** What went wrong in the page, and each request that left it. */
  readonly faults: string[] = []
  readonly #cdp: CDPSession

  private constructor(page: Page, host: ScriptedHost, cdp: CDPSession) {
    this.page = page
    this.host = host
    this.#cdp = cdp
  }

  /** Opens the page. With nothing to wait for: the chat may not be drawn yet. */
  static async open(browser: Browser, site: Site, options: SurfaceOptions = {}): Promise<Surface> {
    const { theme = 'dark', language = 'en', script, isInSight = true, isTimed: _, beside, ...rest } = options
    const context =
      beside?.page.context() ??
      (await browser.newContext({ viewport: { width: 800, height: 640 }, locale: 'en-GB', timezoneId: 'UTC', ...rest }))
    const page = await context.newPage()
    const host = new ScriptedHost()
    const surface = new Surface(page, host, await context.newCDPSession(page))
    const address = site.address(theme, language)
    page.on('pageerror', error => surface.faults.push(String(error.stack ?? error)))
    page.on('console', entry => entry.type() === 'error' && surface.faults.push(entry.text()))
    page.on('request', request => {
      if (!request.url().startsWith(new URL(address).origin)) surface.faults.push(`asked for ${request.url()}`)
    })
    script?.(host)
    await page.exposeFunction('parleyPost', (said: FromSurface) => {
      // The page may be gone by then.
      host.take(said, answer => void page.evaluate(`postMessage(${JSON.stringify(answer)}, '*')`).catch(() => {}))
      if (said.is === 'request' && said.method === 'open' && isInSight) host.tell('sight', { isInSight })
    })
    // The page's own clock is replaced by one that makes what writes times ten times slower.
    if (!options.isTimed) await page.clock.setFixedTime(now)
    await page.addInitScript({ content: hostScript })
    await page.goto(address)
    return surface
  }

  /** Waits until messages are on screen. */
  async drawn(): Promise<void> {
    await this.page.locator('article').filter({ visible: true }).first().waitFor()
  }

  get list(): Locator {
    return this.page.getByRole('feed')
  }

  /** The message that says this, once it is in sight. */
  message(text: string | RegExp): Locator {
    return this.page.getByRole('article').filter({ hasText: text })
  }

  get composer(): Locator {
    return this.page.getByRole('textbox')
  }

  get jump(): Locator {
    return this.page.getByRole('button', { name: /Jump to latest/ })
  }

  /** What an expression over `list`, its element, comes to in the page. */
  async inList<Result>(expression: string): Promise<Result> {
    return (await this.page.evaluate(`(list => (${expression}))(document.querySelector('.list'))`)) as Result
  }

  /** Where the list stands: px from its top, what it has in all, and what is in sight. */
  async scroll(): Promise<{ top: number; height: number; seen: number }> {
    return this.inList('({ top: list.scrollTop, height: list.scrollHeight, seen: list.clientHeight })')
  }

  /** Turns the wheel over the list: px, down is positive. */
  async wheel(delta: number): Promise<void> {
    await this.list.hover()
    await this.page.mouse.wheel(0, delta)
  }

  /** Pastes a file into the composer, as the clipboard gives one. */
  async paste(name: string, type: string, size = 3): Promise<void> {
    await this.composer.focus()
    await this.page.evaluate(`(() => {
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File([new Uint8Array(${size})], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }))
      document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    })()`)
  }

  /** How far the upper edge of that message is below the upper edge of the list, px. */
  async offsetOf(text: string | RegExp): Promise<number> {
    const [message, list] = await Promise.all([this.message(text).boundingBox(), this.list.boundingBox()])
    if (!message || !list) throw new Error(`${text} is not drawn`)
    return message.y - list.y
  }

  /** The numbers of the messages in sight, top to bottom, as the messages of the tests have them. */
  async numbersInSight(): Promise<number[]> {
    return this.inList(numbersInSight)
  }

  /** Scrolls up (-1) or down (1) as fast as messages come until that number, as they have it, was in sight or passed. */
  async scrollTo(number: number, way: -1 | 1): Promise<void> {
    await this.inList(`(async () => {
      for (;;) {
        list.scrollTop = ${way < 0 ? 0 : 'list.scrollHeight'}
        await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
        const numbers = (${numbersInSight}).filter(number => number >= 0)
        if (numbers.some(number => ${way} * (number - ${number}) >= 0)) return
      }
    })()`)
  }

  /** Elements of the whole page, and the bytes of its heap after it was cleaned up. */
  async weigh(): Promise<{ elements: number; heap: number }> {
    await this.#cdp.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#cdp.send('Runtime.getHeapUsage')
    return { elements: await this.page.locator('*').count(), heap: usedSize }
  }

  /**
   * Ms from the surface's `ready` until the frame in which an element of that kind was first drawn; undefined: it is not
   * yet. To be asked about the same kind each time.
   */
  async paintedAfter(selector: string): Promise<number | undefined> {
    return (await this.page.evaluate(`paintedAfter(${JSON.stringify(selector)})`)) as number | undefined
  }

  /** Two frames: what was asked for before has been drawn, and what that brings about too. */
  async frames(): Promise<void> {
    await this.page.evaluate('new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close()
  }
}

// What runs in the page is text: the page knows other globals than the tests.

/** What the editor puts into each webview, as far as the surface uses it. */
const hostScript = `
  const painted = new Map()
  let ready
  globalThis.paintedAfter = selector => painted.get(selector)
  const isDrawn = element => element !== null && element.checkVisibility({ checkVisibilityCSS: true })
  // The first task after a frame: what was drawn in it is on screen.
  const afterFrame = new MessageChannel()
  afterFrame.port1.onmessage = () => {
    for (const selector of ['article', '.empty h2']) {
      if (!painted.has(selector) && isDrawn(document.querySelector(selector))) painted.set(selector, performance.now() - ready)
    }
    watch()
  }
  const watch = () => requestAnimationFrame(() => afterFrame.port2.postMessage(undefined))
  globalThis.acquireVsCodeApi = () => ({
    postMessage: said => {
      if (said.is === 'ready') {
        ready = performance.now()
        watch()
      }
      parleyPost(said)
    },
    getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
    setState: state => sessionStorage.setItem('state', JSON.stringify(state)),
  })
`

const numbersInSight = `
  [...list.querySelectorAll('article')]
    .filter(article => {
      const { top, bottom } = list.getBoundingClientRect()
      const box = article.getBoundingClientRect()
      return box.bottom > top + 1 && box.top < bottom - 1 && getComputedStyle(article).visibility === 'visible'
    })
    .map(article => Number(/Number (\\d+)/.exec(article.textContent)?.[1] ?? -1))
`
