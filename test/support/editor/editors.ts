import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { launchChromium } from './chromium.ts'
import { Desk, type DeskOptions } from './desk.ts'
import { extensionPackage } from './package.ts'

export interface Editors {
  /** The Chromium of this suite. */
  readonly browser: Browser
  /**
   * Opens a VS Code with the packaged extension for somebody who has never used it. Opened inside a test it is closed
   * after that test, opened in a `before` after the suite.
   */
  open(name: string, options?: DeskOptions): Promise<Desk>
}

/**
 * Editors for the tests of the `describe` that calls this. A test that fails leaves pictures and logs in `.artefacts`.
 * Whatever a test does, no window may want anything of the world outside.
 */
export function useEditors(): Editors {
  const suite = new Suite()
  before(async function () {
    this.timeout(120_000) // the first run fetches
    await suite.start()
  })
  beforeEach(function () {
    this.currentTest?.timeout(120_000)
    suite.inTest = true
  })
  afterEach(async function () {
    this.timeout(60_000)
    suite.inTest = false
    const test = this.currentTest
    if (test?.isFailed()) await suite.keep(`failed/${test.fullTitle()}`)
    await suite.closeAfterTest()
  })
  after(async function () {
    this.timeout(60_000)
    // Tests that never ran: a `before` has failed.
    const suiteOf = this.test?.parent
    if (suiteOf?.tests.some(test => test.state === undefined && !test.pending)) {
      await suite.keep(`failed/${suiteOf.fullTitle()}`)
    }
    await suite.stop()
  })
  return suite
}

class Suite implements Editors {
  inTest = false
  readonly #ofTest: Desk[] = []
  readonly #ofSuite: Desk[] = []
  #browser: Browser | undefined

  get browser(): Browser {
    if (!this.#browser) throw new Error('the editors start with the first test')
    return this.#browser
  }

  async start(): Promise<void> {
    this.#browser = await launchChromium()
  }

  async open(name: string, options?: DeskOptions): Promise<Desk> {
    const desks = this.inTest ? this.#ofTest : this.#ofSuite
    const [vsix, folder] = await Promise.all([extensionPackage(), mkdtemp(join(tmpdir(), 'parley-desk-'))])
    const desk = await Desk.open(this.browser, vsix, folder, name, options)
    desks.push(desk)
    return desk
  }

  async keep(name: string): Promise<void> {
    await Promise.all([...this.#ofTest, ...this.#ofSuite].map(desk => desk.keep(name)))
  }

  async closeAfterTest(): Promise<void> {
    await close(this.#ofTest.splice(0))
  }

  async stop(): Promise<void> {
    await close([...this.#ofTest.splice(0), ...this.#ofSuite.splice(0)])
    await this.#browser?.close()
  }
}

async function close(desks: readonly Desk[]): Promise<void> {
  await Promise.all(desks.map(desk => desk[Symbol.asyncDispose]()))
  const outside = desks.flatMap(desk => desk.outside.map(request => `${desk.name}: ${request}`))
  assert.deepEqual(outside, [], 'a window asked somebody outside')
}
