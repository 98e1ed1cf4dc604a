import {
  type Command,
  EventEmitter,
  env,
  l10n,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  type TreeView,
  window,
} from 'vscode'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { RowCommands } from '../shared/row-commands.ts'
import { detailsOf, type RequestRow, rowsOf, spoken } from './rows.ts'

/** The Requests view: a row for each chat request that waits, by its id. */
export class RequestsView implements TreeDataProvider<string>, Disposable {
  readonly #hub: Hub
  readonly #news = new EventEmitter<void>()
  readonly #view: TreeView<string>
  readonly #show = new RowCommands('parley.request.show', l10n.t('Show'))
  readonly #parts: readonly Disposable[]
  #rows: ReadonlyMap<string, RequestRow> = new Map()

  readonly onDidChangeTreeData = this.#news.event

  constructor(hub: Hub) {
    this.#hub = hub
    this.#view = window.createTreeView('parley.requests', { treeDataProvider: this })
    this.#parts = [this.#view, this.#news, this.#show, hub.onRequests(() => this.#draw())]
    this.#draw()
  }

  /** The request of a row, by its id; of the row that is selected for anything else. */
  row(id: unknown): RequestRow | undefined {
    return this.#rows.get(typeof id === 'string' ? id : (this.#view.selection[0] ?? ''))
  }

  getChildren(parent?: string): string[] {
    return parent === undefined ? [...this.#rows.keys()] : []
  }

  getTreeItem(id: string): TreeItem {
    const row = this.#rows.get(id)
    // Answered since the list was made, which is about to be made again.
    return row ? requestItem(row, this.#show.of(id)) : { id }
  }

  resolveTreeItem(item: TreeItem, id: string): TreeItem {
    const row = this.#rows.get(id)
    const time = new Intl.DateTimeFormat(env.language, { dateStyle: 'medium', timeStyle: 'short' })
    if (row) item.tooltip = [`${row.name} · ${time.format(row.at)}`, ...detailsOf(row)].join('\n\n')
    return item
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose()
  }

  #draw(): void {
    const rows = rowsOf(this.#hub.requests)
    this.#rows = new Map(rows.map(row => [row.id, row]))
    const { length } = rows
    this.#view.description = length > 0 ? String(length) : ''
    this.#view.badge = length > 0 ? { value: length, tooltip: waitingWords(length) } : undefined
    this.#news.fire()
  }
}

function requestItem(row: RequestRow, show: Command): TreeItem {
  const item = new TreeItem(row.name)
  item.id = row.id
  item.description = row.words
  item.iconPath = new ThemeIcon(row.kind === 'classic' ? 'unlock' : 'person-add')
  item.contextValue = `request ${row.kind}`
  item.accessibilityInformation = { label: spoken(row) }
  item.command = show
  return item
}

function waitingWords(count: number): string {
  return count === 1 ? l10n.t('1 chat request') : l10n.t('{0} chat requests', count)
}
