import type { BrowserContext, FrameLocator, Locator, Page } from 'playwright-core'
import { until } from '../wait.ts'
import { artefact } from './artefacts.ts'

/** One window of VS Code, used by what a person sees of it: labels, titles, roles. Each wait ends within 30 s. */
export class EditorWindow {
  readonly page: Page
  readonly #address: string

  private constructor(page: Page, address: string) {
    this.page = page
    this.#address = address
  }

  /** Opens the folder `workspace` in a new window and waits until the workbench is drawn. */
  static async open(context: BrowserContext, url: string, workspace: string): Promise<EditorWindow> {
    const page = await context.newPage()
    const window = new EditorWindow(page, `${url}/?folder=${encodeURI(workspace)}`)
    // Beside others on a busy machine the first page of a window is slow to come.
    await page.goto(window.#address, { timeout: 60_000 })
    await window.#drawn()
    return window
  }

  /** Runs a command by its title in the palette, as `Parley: Show Log`, as soon as the palette has it. */
  async run(title: string): Promise<void> {
    const command = this.quickPick.getByRole('option', { name: new RegExp(`^${escaped(title)}(,|$)`) })
    await until(`the palette has “${title}”`, () => this.#find(command, title), 30_000)
    await command.click()
  }

  /** The palette shows what is possible at the moment when it opens: later it must be opened anew. */
  async #find(command: Locator, title: string): Promise<boolean> {
    await this.showPalette()
    // Whatever takes the focus in this moment, such as a chat that has just been opened, closes it.
    const isOpen = await this.input.fill(`>${title}`, { timeout: 2000 }).then(
      () => true,
      () => false,
    )
    if (!isOpen) return false
    const found = await command.waitFor({ timeout: 2000 }).then(
      () => true,
      () => false,
    )
    if (!found) await this.page.keyboard.press('Escape')
    return found
  }

  /** A key that comes while the workbench moves the focus is lost, so it is pressed again. */
  async showPalette(): Promise<void> {
    await until(
      'the palette',
      async () => {
        await this.page.keyboard.press('F1')
        return this.input.waitFor({ timeout: 5000 }).then(
          () => true,
          () => false,
        )
      },
      30_000,
    )
  }

  /** The box of quick picks and input boxes, while one is shown. */
  get quickPick(): Locator {
    return this.page.locator('.quick-input-widget').filter({ visible: true })
  }

  get input(): Locator {
    return this.quickPick.getByRole('textbox').or(this.quickPick.getByRole('combobox'))
  }

  /** Waits for an input box that says `prompt` somewhere, types `text` there and accepts it. */
  async answer(prompt: string | RegExp, text: string): Promise<void> {
    await this.quickPick.filter({ hasText: prompt }).or(this.#titled(prompt)).first().waitFor()
    await this.input.fill(text)
    await this.page.keyboard.press('Enter')
  }

  /** Chooses from the quick pick that is shown, or will be. */
  async pick(label: string | RegExp): Promise<void> {
    await this.quickPick.getByRole('option', { name: label }).first().click()
  }

  /** Shows a view container by its icon in the activity bar. */
  async showContainer(name: string): Promise<void> {
    const tab = this.page.getByRole('tab', { name: new RegExp(`^${escaped(name)}`) }).first()
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click()
  }

  /** A button or a link of the workbench by what it says. */
  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name }).filter({ visible: true }).first()
  }

  /** A row of a tree by what it says. */
  row(name: string | RegExp): Locator {
    return this.page.getByRole('treeitem', { name }).filter({ visible: true }).first()
  }

  /** The notifications that are shown, each a box with its text and its buttons. */
  get notifications(): Locator {
    return this.page.locator('.notifications-toasts .notification-toast')
  }

  notification(text: string | RegExp): Locator {
    return this.notifications.filter({ hasText: text })
  }

  /** The item of the status bar whose text or label holds `name`. */
  status(name: string | RegExp): Locator {
    return this.page.locator('footer .statusbar-item').getByRole('button', { name })
  }

  /** The tab of an editor by its title. */
  tab(name: string | RegExp): Locator {
    return this.page.locator('.editor-group-container').getByRole('tab', { name })
  }

  /** The page inside the webview that is in sight; the `index`-th of them, from 0, where there are more. */
  webview(index = 0): FrameLocator {
    const outer = this.page.locator('iframe.webview.ready').filter({ visible: true }).nth(index)
    return outer.contentFrame().locator('#active-frame').contentFrame()
  }

  /**
   * Gives the window the focus of the system, or takes it. Where there is no screen every window has it, always; so from
   * now on, until it is reloaded, this one has it when it is told so, and looks as it does when a person comes back to it.
   */
  async setFocused(isFocused: boolean): Promise<void> {
    const look = "document.dispatchEvent(new Event('visibilitychange'))"
    await this.page.evaluate(`document.hasFocus = () => ${isFocused}; ${look}`)
  }

  async reload(): Promise<void> {
    await this.page.reload()
    await this.#drawn()
  }

  /** What the clipboard holds after something was copied in this window. */
  async clipboard(): Promise<string> {
    return String(await this.page.evaluate('navigator.clipboard.readText()'))
  }

  /** A picture of the window among the artefacts. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: artefact(`${name}.png`) })
  }

  /** As {@link screenshot}, for somebody who wants to look: only with PARLEY_TEST_PICTURES, as drawing them takes its time. */
  async picture(name: string): Promise<void> {
    if (process.env.PARLEY_TEST_PICTURES) await this.screenshot(name)
  }

  async close(): Promise<void> {
    await this.page.close()
  }

  async #drawn(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor()
    // The status bar comes with the extension host.
    await this.page
      .getByRole('tab', { name: /^Explorer/ })
      .first()
      .waitFor()
  }

  #titled(prompt: string | RegExp): Locator {
    return this.quickPick.filter({ has: this.page.getByPlaceholder(prompt) })
  }
}

/** Text for a regular expression that means just itself. */
function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
