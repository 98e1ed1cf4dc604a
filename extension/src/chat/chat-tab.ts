import type { ConversationInfo } from '@parley/daemon/protocol/control'
import { Uri, ViewColumn, type WebviewPanel, window } from 'vscode'
import type { Disposable } from '../event.ts'
import { listedChat } from '../shared/marks.ts'
import type { Shown } from './attention.ts'
import type { SurfaceHost } from './surface-host.ts'
import { chatTabs } from './views.ts'
import { chatOptions, type Surroundings, showChat } from './webview.ts'

/** The chat of a tab or of the side bar; `person`: whose user name VS Code has kept for it. */
export interface WhichTab {
  readonly conversation: string
  readonly person?: string | undefined
  /** As it was opened: the hub tells nothing of a chat that has not begun. */
  readonly info?: ConversationInfo
}

export interface TabEvents {
  /** It was shown, hidden or made the active one. */
  changed(tab: ChatTab): void
  closed(tab: ChatTab): void
}

/** A chat in an editor tab. */
export class ChatTab implements Shown, Disposable {
  readonly conversation: string
  readonly host: SurfaceHost
  readonly #panel: WebviewPanel
  readonly #listening: readonly Disposable[]

  /** Takes over a panel: a new one, or one that VS Code has restored. */
  constructor(panel: WebviewPanel, which: WhichTab, surroundings: Surroundings, events: TabEvents) {
    const { conversation } = which
    const { hub, extensionUri } = surroundings
    this.#panel = panel
    this.conversation = conversation
    this.host = showChat(panel.webview, which, surroundings)
    const icon = (theme: string) => Uri.joinPath(extensionUri, 'media', `chat-${theme}.svg`)
    panel.iconPath = { light: icon('light'), dark: icon('dark') }
    panel.title = titleOf(surroundings, which) ?? panel.title
    this.#listening = [
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.host.hide()
        events.changed(this)
      }),
      panel.onDidDispose(() => {
        this.dispose()
        events.closed(this)
      }),
      hub.onConversations(changed => {
        const title = changed.has(conversation) ? titleOf(surroundings, which) : undefined
        if (title !== undefined && title !== panel.title) panel.title = title
      }),
    ]
  }

  get isVisible(): boolean {
    return this.#panel.visible
  }

  /** Whether it is the tab that one works in. */
  get isActive(): boolean {
    return this.#panel.active
  }

  setInSight(isInSight: boolean): void {
    this.host.setInSight(isInSight)
  }

  reveal(): void {
    this.#panel.reveal()
  }

  /** Leaves the tab itself to VS Code, which restores it when the extension is back. */
  dispose(): void {
    this.host.dispose()
    for (const each of this.#listening) each.dispose()
  }
}

/** A new panel for a chat: `beside` the active editor, `behind` what has the focus, or in its place. */
export function createPanel(
  which: WhichTab,
  surroundings: Surroundings,
  where: 'here' | 'beside' | 'behind',
): WebviewPanel {
  return window.createWebviewPanel(
    chatTabs,
    titleOf(surroundings, which) ?? '',
    {
      viewColumn: where === 'beside' ? ViewColumn.Beside : ViewColumn.Active,
      preserveFocus: where === 'behind',
    },
    chatOptions(surroundings),
  )
}

/** The name of whom one talks to, or of the room, with what is unread; undefined while nothing is known of the chat. */
function titleOf({ hub }: Surroundings, { conversation, info: opened }: WhichTab): string | undefined {
  const info = hub.conversations.get(conversation) ?? opened
  if (!info) return undefined
  const name = listedChat(info)
  return info.unread > 0 ? `(${info.unread}) ${name}` : name
}
