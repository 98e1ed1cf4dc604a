import { byActivity } from '@parley/daemon/protocol/conversation-infos'
import { EventEmitter, l10n, type TreeDataProvider, type TreeItem, type TreeView, window } from 'vscode'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { Coalesced } from '../shared/coalesce.ts'
import { oneLine } from '../shared/harmless.ts'
import { RowCommands } from '../shared/row-commands.ts'
import { unreadWords } from '../shared/unread.ts'
import { archiveItem, chatItem, chatTooltip } from './chat-item.ts'
import { rowOf, totalUnread } from './rows.ts'

/** The Chats view: a row for each conversation, by its id, which VS Code keeps selected while rows change places. */
export class ChatsView implements TreeDataProvider<string>, Disposable {
  readonly #hub: Hub
  readonly #news = new EventEmitter<string[] | undefined>()
  readonly #view: TreeView<string>
  readonly #open = new RowCommands('parley.chat.open', l10n.t('Open'))
  readonly #parts: readonly Disposable[]
  /**
   * The order that VS Code was told of last, whatever it has fetched since: of rows that it is just fetching it knows
   * nothing, and drops the news.
   */
  #order: readonly string[] = []
  #changed = new Set<string>()

  readonly onDidChangeTreeData = this.#news.event

  constructor(hub: Hub) {
    this.#hub = hub
    this.#view = window.createTreeView('parley.chats', { treeDataProvider: this })
    const draw = new Coalesced(() => this.#draw(), limits.refresh)
    this.#parts = [
      this.#view,
      this.#news,
      this.#open,
      draw,
      hub.onConversations(changed => {
        for (const each of changed) this.#changed.add(each)
        draw.ask()
      }),
      hub.onAccounts(draw.ask),
      hub.onState(draw.ask),
    ]
    this.#draw()
  }

  /** The chat whose row is selected. */
  get selected(): string | undefined {
    const [selected] = this.#view.selection
    return selected === archive ? undefined : selected
  }

  getChildren(parent?: string): string[] {
    const { open, archived } = this.#listed()
    if (parent !== undefined) return parent === archive ? archived : []
    return archived.length > 0 ? [...open, archive] : open
  }

  getTreeItem(conversation: string): TreeItem {
    if (conversation === archive) return archiveItem(this.#listed().archived.length)
    const info = this.#hub.conversations.get(conversation)
    // Gone since the list was made, which is about to be made again.
    return info ? chatItem(rowOf(info), this.#open.of(conversation)) : { id: conversation }
  }

  resolveTreeItem(item: TreeItem, conversation: string): TreeItem {
    const info = this.#hub.conversations.get(conversation)
    if (info) item.tooltip = chatTooltip(rowOf(info))
    return item
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose()
  }

  /** Those that are not archived, and those that are. */
  #listed(): { readonly open: string[]; readonly archived: string[] } {
    const open: string[] = []
    const archived: string[] = []
    for (const chat of byActivity(this.#hub.conversations.values())) {
      const list = chat.archived ? archived : open
      list.push(chat.conversation)
    }
    return { open, archived }
  }

  #draw(): void {
    const changed = [...this.#changed]
    this.#changed = new Set()
    const { open, archived } = this.#listed()
    const order = [...open, archive, ...archived]
    const isSameOrder = order.length === this.#order.length && order.every((each, n) => each === this.#order[n])
    this.#order = order
    if (!isSameOrder) this.#news.fire(undefined)
    else if (changed.length > 0) this.#news.fire(changed.filter(each => this.#hub.conversations.has(each)))
    const unread = totalUnread(this.#hub.conversations.values())
    this.#view.badge = unread > 0 ? { value: unread, tooltip: unreadWords(unread) } : undefined
    this.#view.description = oneLine(this.#hub.accounts?.[0]?.team ?? '', limits.name)
    this.#view.message = this.#hub.conversations.size > 0 ? messageOf(this.#hub) : ''
  }
}

/** The row of the archive: no conversation's id. */
const archive = '#archive'

/** What is to be known above the chats, as a short line: why nothing is coming in. Without chats the view explains it. */
function messageOf({ state, accounts }: Hub): string {
  if (state.is === 'connecting') return l10n.t('Waiting for the background service…')
  if (state.is === 'failed') return l10n.t('The background service is not running.')
  const account = accounts?.[0]
  switch (account?.state) {
    case 'connecting':
      return l10n.t('Connecting to {0}…', oneLine(account.team, limits.name))
    case 'unreachable':
      return l10n.t(
        'Offline: {0} cannot be reached. What cannot go out is sent later.',
        oneLine(account.team, limits.name),
      )
    case 'pending':
      return l10n.t('This device waits to be approved.')
    case 'signed-out':
      return l10n.t('You are signed out.')
    case 'refused':
      return account.why ? oneLine(account.why, limits.notice) : l10n.t('Your team does not let this device in.')
    default:
      return ''
  }
}
