import { commands, l10n, type WebviewView, type WebviewViewProvider, type WebviewViewResolveContext } from 'vscode'
import type { Disposable } from '../event.ts'
import { listedChat } from '../shared/marks.ts'
import type { Shown } from './attention.ts'
import type { WhichTab } from './chat-tab.ts'
import { checkState } from './check.ts'
import type { SurfaceHost } from './surface-host.ts'
import { chatView } from './views.ts'
import { type Surroundings, showChat, showNoChat } from './webview.ts'

export interface SideBarParts {
  readonly surroundings: Surroundings
  /** The chat that was shown here last, where VS Code has forgotten. */
  readonly last: () => Promise<string | undefined>
  /** It was shown or hidden, or shows another chat. */
  readonly changed: () => void
}

/** The chat in the side bar: one view that shows the chat that was opened there last. */
export class SideBarChat implements WebviewViewProvider, Shown, Disposable {
  readonly #parts: SideBarParts
  readonly #listening: Disposable
  #view: WebviewView | undefined
  #host: SurfaceHost | undefined
  /** What is to be shown once the view is there. */
  #wanted: WhichTab | undefined
  #shown: WhichTab | undefined
  #afterLoad: ((host: SurfaceHost) => void)[] = []

  constructor(parts: SideBarParts) {
    this.#parts = parts
    this.#listening = parts.surroundings.hub.onConversations(changed => {
      if (changed.has(this.conversation)) this.#name()
    })
  }

  /** Empty: none. */
  get conversation(): string {
    return this.#host?.conversation ?? ''
  }

  /** Whether a chat is shown here. */
  get isVisible(): boolean {
    return this.#host !== undefined && (this.#view?.visible ?? false)
  }

  setInSight(isInSight: boolean): void {
    this.#host?.setInSight(isInSight)
  }

  /** Shows a chat here and gives the view the focus; `then` has its host. */
  async show(which: WhichTab, then: (host: SurfaceHost) => void): Promise<void> {
    this.#wanted = which
    this.#afterLoad.push(then)
    if (this.#view) this.#load(this.#view)
    // VS Code makes this command for each view; it has the view made where it is not yet.
    await commands.executeCommand(`${chatView}.focus`)
  }

  resolveWebviewView(view: WebviewView, { state }: WebviewViewResolveContext): void {
    this.#view = view
    this.#wanted ??= checkState(state)
    view.onDidChangeVisibility(() => {
      if (!view.visible) this.#host?.hide()
      this.#parts.changed()
    })
    view.onDidDispose(() => {
      this.#host?.dispose()
      this.#host = undefined
      this.#view = undefined
      this.#parts.changed()
    })
    if (this.#wanted === undefined) void this.#loadLast(view)
    else this.#load(view)
  }

  dispose(): void {
    this.#listening.dispose()
    this.#host?.dispose()
  }

  #load(view: WebviewView): void {
    const wanted = this.#wanted
    this.#wanted = undefined
    if (wanted !== undefined && wanted.conversation !== this.#host?.conversation) {
      this.#host?.dispose()
      this.#host = showChat(view.webview, wanted, this.#parts.surroundings)
      this.#shown = wanted
      this.#name()
      this.#parts.changed()
    }
    const host = this.#host
    if (host) for (const then of this.#afterLoad.splice(0)) then(host)
  }

  async #loadLast(view: WebviewView): Promise<void> {
    showNoChat(view.webview, {
      text: l10n.t('No chat is open here.'),
      button: l10n.t('Open a Chat'),
      command: 'parley.chat.openInSideBar',
    })
    const last = await this.#parts.last()
    if (last === undefined || this.#view !== view || this.#host) return
    this.#wanted ??= { conversation: last }
    this.#load(view)
  }

  #name(): void {
    const info = this.#parts.surroundings.hub.conversations.get(this.conversation) ?? this.#shown?.info
    if (this.#view && info) this.#view.title = listedChat(info)
  }
}
