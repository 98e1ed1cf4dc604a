import { randomBytes } from 'node:crypto'
import { env, l10n, ProgressLocation, Uri, ViewColumn, type WebviewPanel, window } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { limits } from '../limits.ts'
import { clock } from '../shared/seen.ts'
import { type CheckRow, checkRows, textOf } from './checks.ts'
import { checksCommands, checksPage } from './checks-page.ts'

/** *Check Connection*: has the hub look at everything that messages need, and shows what it found in a tab. */
export class ConnectionCheck implements Disposable {
  readonly #context: Context
  #rows: readonly CheckRow[] = []
  #panel: WebviewPanel | undefined
  #isLooking = false

  constructor(context: Context) {
    this.#context = context
  }

  dispose(): void {
    this.#panel?.dispose()
  }

  async check(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const { hub } = this.#context
      const { checks } = await window.withProgress(
        { location: ProgressLocation.Notification, title: l10n.t('Looking at your connection…') },
        () => hub.request('doctor', {}, { timeout: limits.doctor }),
      )
      this.#rows = checkRows(checks)
      this.#show()
    } finally {
      this.#isLooking = false
    }
  }

  /** What was found last, as text in the clipboard. */
  async copy(): Promise<void> {
    await env.clipboard.writeText(textOf(this.#rows))
    void window.setStatusBarMessage(l10n.t('Copied'), limits.saidFor)
  }

  #show(): void {
    const panel = this.#panel ?? this.#open()
    const time = new Intl.DateTimeFormat(env.language, clock).format(Date.now())
    const nonce = randomBytes(16).toString('base64url')
    panel.webview.html = checksPage({ rows: this.#rows, time, language: env.language, nonce })
    panel.reveal()
  }

  #open(): WebviewPanel {
    const panel = window.createWebviewPanel('parley.checks', l10n.t('Connection'), ViewColumn.Active, {
      enableScripts: false,
      enableForms: false,
      enableCommandUris: [...checksCommands],
      localResourceRoots: [],
    })
    const icon = (theme: string) => Uri.joinPath(this.#context.extensionUri, 'media', `chat-${theme}.svg`)
    panel.iconPath = { light: icon('light'), dark: icon('dark') }
    panel.onDidDispose(() => {
      this.#panel = undefined
    })
    this.#panel = panel
    return panel
  }
}
