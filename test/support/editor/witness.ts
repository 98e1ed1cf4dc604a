import type { Frame, Locator, Page, Request } from 'playwright-core'
import type { EditorWindow } from './window.ts'

/** What the workbench could make of texts that ask for the icon `zap` or the command `workbench.action.quit`. */
export const madeReal = '.codicon-zap, [href*="action.quit"], [data-href*="action.quit"]'

/** What happens in a window while somebody tries to make it do something. */
export class Witness {
  /** Every request of the window, its webviews and its workers, as `METHOD URL`, however it was answered. */
  readonly requests: string[] = []
  /** The addresses of those that pages within the window have made, which are webviews. */
  readonly ofWebviews: string[] = []
  /** What happened that no message may cause: dialogs of the browser, new pages, downloads, navigations. */
  readonly events: string[] = []
  readonly #page: Page

  constructor({ page }: EditorWindow) {
    this.#page = page
    const context = page.context()
    // Those of the context are also the ones of workers, which belong to no page.
    context.on('request', request => this.requests.push(`${request.method()} ${request.url()}`))
    page.on('request', request => {
      if (isOfWebview(request)) this.ofWebviews.push(request.url())
    })
    context.on('page', opened => this.events.push(`page ${opened.url()}`))
    context.on('dialog', dialog => {
      this.events.push(`dialog ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('download', download => this.events.push(`download ${download.url()}`))
    page.on('console', message => {
      if (/Content Security Policy/.test(message.text())) this.events.push(`refused by the policy: ${message.text()}`)
    })
  }

  /** The requests for addresses that look so. Mail addresses are handed to the mail program, which asks. */
  wanted(address: RegExp): readonly string[] {
    return this.requests.filter(request => address.test(request) && !/^GET mailto:/.test(request))
  }

  /** Whether text from outside has run anywhere: it would have set a global variable. */
  async hasRun(): Promise<boolean> {
    const found = await Promise.all(this.#page.frames().map(hasRunIn))
    return found.includes(true)
  }
}

function isOfWebview(request: Request): boolean {
  // A worker's request has no frame.
  if (request.serviceWorker() !== null) return false
  let frame: Frame | null = request.frame()
  for (; frame !== null; frame = frame.parentFrame()) if (frame.url().includes('/contrib/webview/')) return true
  return false
}

async function hasRunIn(frame: Frame): Promise<boolean> {
  // A frame that goes away meanwhile has nothing to say.
  return (await frame.evaluate('"pwned" in globalThis').catch(() => false)) === true
}

/** The frame that an element is in. */
export async function frameOf(element: Locator): Promise<Frame> {
  const frame = await (await element.elementHandle())?.ownerFrame()
  if (!frame) throw new Error('the element is in no frame')
  return frame
}

/** How long pages were busy with one thing while `act` went on, in ms; of them all the longest time. */
export async function longestPause(pages: readonly (Frame | Page)[], act: () => Promise<void>): Promise<number> {
  await Promise.all(pages.map(page => page.evaluate(watchPauses)))
  try {
    await act()
  } finally {
    await Promise.all(pages.map(page => page.evaluate('clearInterval(pauses.timer)')))
  }
  return Math.max(...(await Promise.all(pages.map(async page => Number(await page.evaluate('pauses.longest'))))))
}

const watchPauses = `
  globalThis.pauses = { longest: 0, last: performance.now() }
  pauses.timer = setInterval(() => {
    const now = performance.now()
    pauses.longest = Math.max(pauses.longest, now - pauses.last)
    pauses.last = now
  }, 10)`
