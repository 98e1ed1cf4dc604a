import assert from 'node:assert/strict'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../editor/chromium.ts'
import { type Site, startSite } from './site.ts'
import { Surface, type SurfaceOptions } from './surface.ts'

/** Chat surfaces for the tests of a file: closed after each test, which fails if anything went wrong in one of them. */
export interface Surfaces {
  /** A surface with its messages on screen. */
  drawn(options?: SurfaceOptions): Promise<Surface>
  /** A surface whose page is loaded; the chat may be neither there nor asked for. */
  loaded(options?: SurfaceOptions): Promise<Surface>
}

/** Call inside a `describe`. */
export function useSurfaces(): Surfaces {
  let browser: Browser
  let site: Site
  const open: Surface[] = []

  before(async function () {
    this.timeout(120_000) // the browser may have to be fetched
    browser = await launchChromium()
    site = await startSite()
  })

  afterEach(async () => {
    const closed = open.splice(0)
    await Promise.all(closed.map(surface => surface[Symbol.asyncDispose]()))
    assert.deepEqual(
      closed.flatMap(({ faults }) => faults),
      [],
      'the page had faults',
    )
  })

  after(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
  })

  const loaded = async (options?: SurfaceOptions) => {
    const surface = await Surface.open(browser, site, options)
    open.push(surface)
    return surface
  }
  return {
    loaded,
    async drawn(options) {
      const surface = await loaded(options)
      await surface.drawn()
      return surface
    },
  }
}
