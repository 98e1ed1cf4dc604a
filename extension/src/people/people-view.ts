import { type Command, EventEmitter, env, l10n, type TreeDataProvider, TreeItem, type TreeView, window } from 'vscode'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { Coalesced } from '../shared/coalesce.ts'
import { RowCommands } from '../shared/row-commands.ts'
import { nextDay, type When } from '../shared/seen.ts'
import { PersonBadges, personUri } from './badges.ts'
import { presenceIcon } from './presence.ts'
import { byPresence, changedRows, type PersonRow, rowOf, spoken, tooltipOf, unreadByUser } from './rows.ts'

/** The People view: a row for each person, by their user id, which VS Code keeps selected while rows change places. */
export class PeopleView implements TreeDataProvider<string>, Disposable {
  readonly #hub: Hub
  readonly #news = new EventEmitter<string[] | undefined>()
  readonly #view: TreeView<string>
  readonly #badges = new PersonBadges()
  readonly #open = new RowCommands('parley.person.open', l10n.t('Chat'))
  readonly #draw: Coalesced
  readonly #parts: readonly Disposable[]
  /** In the order that is shown. */
  #rows: ReadonlyMap<string, PersonRow> = new Map()
  #midnight: NodeJS.Timeout | undefined

  readonly onDidChangeTreeData = this.#news.event

  constructor(hub: Hub) {
    this.#hub = hub
    this.#rows = this.#read()
    this.#view = window.createTreeView('parley.people', { treeDataProvider: this })
    this.#draw = new Coalesced(() => this.#redraw(), limits.refresh)
    const { ask } = this.#draw
    this.#parts = [
      this.#view,
      this.#news,
      this.#open,
      this.#badges,
      this.#draw,
      hub.onPeople(ask),
      hub.onConversations(ask),
      hub.onAccounts(ask),
      this.#view.onDidChangeVisibility(ask),
    ]
    this.#redraw()
    this.#awaitMidnight()
  }

  /** The person whose row is selected. */
  get selected(): string | undefined {
    return this.#view.selection[0]
  }

  getChildren(parent?: string): string[] {
    return parent === undefined ? [...this.#rows.keys()] : []
  }

  getTreeItem(user: string): TreeItem {
    const row = this.#rows.get(user)
    // Gone since the list was made, which is about to be made again.
    return row ? personItem(row, this.#open.of(user)) : { id: user }
  }

  resolveTreeItem(item: TreeItem, user: string): TreeItem {
    const row = this.#rows.get(user)
    if (row) item.tooltip = tooltipOf(row, when())
    return item
  }

  dispose(): void {
    clearTimeout(this.#midnight)
    for (const part of this.#parts) part.dispose()
  }

  #read(): ReadonlyMap<string, PersonRow> {
    const { people, conversations, accounts } = this.#hub
    const unread = unreadByUser(conversations.values())
    const now = when()
    const self = accounts?.[0]?.user
    const others = people.people.filter(({ user }) => user !== self)
    return new Map(byPresence(others, now.locale).map(each => [each.user, rowOf(each, unread.get(each.user), now)]))
  }

  /** A thousand changes of presence are one drawing, of the rows that are different by then; none while nobody looks. */
  #redraw(): void {
    const { people, accounts } = this.#hub
    const { online, total } = people
    const isKnown = accounts?.[0]?.state === 'online' && total > 0
    this.#view.description = isKnown ? l10n.t('{0} of {1} online', online, total) : ''
    const before = this.#rows
    if (!this.#view.visible && before.size > 0) return
    const rows = this.#read()
    this.#rows = rows
    this.#badges.show([...rows.values()])
    const changed = changedRows(before, rows)
    if (changed === 'order') this.#news.fire(undefined)
    else if (changed.length > 0) this.#news.fire([...changed])
  }

  /** Then `18:04` is yesterday’s. */
  #awaitMidnight(): void {
    const now = Date.now()
    this.#midnight = setTimeout(() => {
      this.#draw.ask()
      this.#awaitMidnight()
    }, nextDay(now) - now)
  }
}

function personItem(row: PersonRow, open: Command): TreeItem {
  const { user, name, status, standing, marks, flags } = row
  const item = new TreeItem(name)
  item.id = user
  item.description = [standing, ...marks].join(' · ')
  item.iconPath = presenceIcon(status)
  item.resourceUri = personUri(user)
  item.contextValue = ['person', ...flags].join(' ')
  item.accessibilityInformation = { label: spoken(row) }
  item.command = open
  return item
}

function when(): When {
  return { now: Date.now(), locale: env.language }
}
