import { isUnread } from '@parley/daemon/protocol/conversation-infos'
import {
  EventEmitter,
  type FileDecoration,
  type FileDecorationProvider,
  l10n,
  ThemeColor,
  type Uri,
  window,
} from 'vscode'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { mentionWords, unreadBadge, unreadWords } from '../shared/unread.ts'
import { chatScheme, chatUri } from './chat-item.ts'

/** The number at the end of a chat's row. */
export class UnreadBadges implements FileDecorationProvider, Disposable {
  readonly #hub: Hub
  readonly #news = new EventEmitter<Uri[]>()
  readonly #parts: readonly Disposable[]
  /** What each row shows. */
  readonly #shown = new Map<string, string>()

  readonly onDidChangeFileDecorations = this.#news.event

  constructor(hub: Hub) {
    this.#hub = hub
    this.#parts = [
      this.#news,
      window.registerFileDecorationProvider(this),
      hub.onConversations(changed => this.#tell(changed)),
    ]
  }

  provideFileDecoration({ scheme, path }: Uri): FileDecoration | undefined {
    if (scheme !== chatScheme) return undefined
    const info = this.#hub.conversations.get(path.slice(1))
    if (!info || !isUnread(info)) return undefined
    const { unread, mentions, muted } = info
    const words = unread === 0 ? [l10n.t('Marked as unread')] : [unreadWords(unread)]
    return {
      badge: unreadBadge(unread, mentions),
      tooltip: [...words, ...(mentions > 0 ? [mentionWords(mentions)] : [])].join(', '),
      ...(muted && mentions === 0 ? {} : { color: new ThemeColor('textLink.foreground') }),
    }
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose()
  }

  #tell(changed: ReadonlySet<string>): void {
    const others = [...changed].filter(conversation => {
      const info = this.#hub.conversations.get(conversation)
      const { unread = 0, mentions = 0, muted = false, isMarkedUnread = false } = info ?? {}
      const shows = `${unread} ${mentions} ${muted} ${isMarkedUnread}`
      const isOther = (this.#shown.get(conversation) ?? '0 0 false false') !== shows
      this.#shown.set(conversation, shows)
      return isOther
    })
    if (others.length > 0) this.#news.fire(others.map(chatUri))
  }
}
