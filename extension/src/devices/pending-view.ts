import { randomBytes } from 'node:crypto'
import { env, type WebviewView, type WebviewViewProvider, window } from 'vscode'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { shownAccount } from '../shared/person.ts'
import { pendingCommands, pendingPage } from './pending-page.ts'

/** The view of a device that waits to be approved, in the place of chats and people. */
export class PendingView implements WebviewViewProvider, Disposable {
  readonly #hub: Hub
  readonly #parts: readonly Disposable[]
  #view: WebviewView | undefined
  #shown = ''

  constructor(hub: Hub) {
    this.#hub = hub
    this.#parts = [window.registerWebviewViewProvider('parley.pending', this), hub.onAccounts(() => this.#draw())]
  }

  resolveWebviewView(view: WebviewView): void {
    this.#view = view
    this.#shown = ''
    view.webview.options = {
      enableScripts: false,
      enableForms: false,
      enableCommandUris: [...pendingCommands],
      localResourceRoots: [],
    }
    view.onDidDispose(() => {
      if (this.#view === view) this.#view = undefined
    })
    this.#draw()
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose()
  }

  #draw(): void {
    const account = this.#hub.accounts?.[0]
    if (!this.#view || account?.state !== 'pending') return
    const { team, displayName, digits = '' } = shownAccount(account)
    const facts = { team, name: displayName, digits }
    if (JSON.stringify(facts) === this.#shown) return
    this.#shown = JSON.stringify(facts)
    const nonce = randomBytes(16).toString('base64url')
    this.#view.webview.html = pendingPage({ ...facts, language: env.language, nonce })
  }
}
