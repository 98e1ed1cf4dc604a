import type { ConversationInfo } from '@parley/daemon/protocol/control'
import { byActivity } from '@parley/daemon/protocol/conversation-infos'
import { env, l10n, type QuickInputButton, type QuickPickItem, QuickPickItemKind, ThemeIcon, window } from 'vscode'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { Coalesced } from '../shared/coalesce.ts'
import { type Choice, type Choices, choicesOf, userNameIn } from './choices.ts'
import { presenceIcon, roomIcon } from './presence.ts'
import { PeopleSearch } from './search.ts'

export interface PickOptions {
  readonly title: string
  /** `chats`: those first, by their last activity. */
  readonly from: 'chats' | 'people'
  /** The chat that one comes from: it stands behind all others. */
  readonly last?: string | undefined
  /** Whether it can be said that the chat is to be opened to the side. */
  readonly hasSides?: boolean
}

export interface Picked {
  /** A conversation, or a user name. */
  readonly who: string
  readonly where?: 'beside'
}

/** Has a person choose with whom to chat, from all of the team: it is searched while they type. `undefined`: nobody. */
export async function pickChat(hub: Hub, options: PickOptions): Promise<Picked | undefined> {
  const box = window.createQuickPick<Row>()
  const { promise, resolve } = Promise.withResolvers<Picked | undefined>()
  const search = new PeopleSearch(query => hub.request('who', { query, limit: limits.searchResults }), show)
  let shown = ''
  function show(): void {
    box.busy = search.found.is === 'searching'
    const choices = choicesOf(known(hub, options, box.value, search))
    if (JSON.stringify(choices) === shown) return
    shown = JSON.stringify(choices)
    const active = box.activeItems[0]?.who
    const isMoved = active !== undefined && box.items.findIndex(({ who }) => who === active) > firstRow(box.items)
    box.items = rowsOf(choices, options)
    // What somebody has moved to stays chosen when others are found.
    const same = isMoved ? box.items.find(({ who }) => who === active) : undefined
    if (same) box.activeItems = [same]
  }
  const draw = new Coalesced(show, limits.refresh)
  box.title = options.title
  box.placeholder = l10n.t('With whom? Type a part of a name: the whole team is searched')
  box.keepScrollPosition = true
  const listening = [
    draw,
    hub.onPeople(draw.ask),
    hub.onConversations(draw.ask),
    box.onDidChangeValue(typed => {
      search.seek(typed)
      show()
    }),
    box.onDidAccept(() => {
      const [selected] = box.selectedItems
      // Whoever knows the name need not wait for the search.
      const who = selected ? selected.who : search.found.is === 'searching' ? userNameIn(box.value) : undefined
      if (who !== undefined) resolve({ who })
    }),
    box.onDidTriggerItemButton(({ item: { who } }) => {
      if (who !== undefined) resolve({ who, where: 'beside' })
    }),
    box.onDidHide(() => resolve(undefined)),
  ]
  show()
  box.show()
  try {
    return await promise
  } finally {
    search.dispose()
    for (const each of listening) each.dispose()
    box.dispose()
  }
}

function firstRow(items: readonly Row[]): number {
  return items.findIndex(({ kind }) => kind !== QuickPickItemKind.Separator)
}

interface Row extends QuickPickItem {
  readonly who?: string
}

function known(hub: Hub, { from, last }: PickOptions, typed: string, { found }: PeopleSearch) {
  const account = hub.accounts?.[0]
  return {
    typed,
    chats: from === 'chats' ? chatsFrom(hub, last) : [],
    people: hub.people.people,
    found,
    self: account?.user,
    team: account?.team ?? '',
    isOnline: hub.state.is === 'up' && account?.state === 'online',
    when: { now: Date.now(), locale: env.language },
  }
}

/** As they are listed, but where one comes from last: whoever switches wants another one. */
function chatsFrom({ conversations }: Hub, last: string | undefined): readonly ConversationInfo[] {
  const isLast = ({ conversation }: ConversationInfo) => Number(conversation === last)
  return byActivity(conversations.values()).toSorted((a, b) => isLast(a) - isLast(b))
}

function rowsOf({ chats, people, rest }: Choices, options: PickOptions): Row[] {
  const heading = (label: string, of: readonly Choice[]): Row[] =>
    of.length > 0 ? [{ label, kind: QuickPickItemKind.Separator }] : []
  const rows = (of: readonly Choice[]) => of.map(choice => rowOf(choice, options))
  return [
    ...heading(l10n.t('Chats'), chats),
    ...rows(chats),
    ...heading(l10n.t('People'), people),
    ...rows(people),
    ...heading('', rest),
    ...rows(rest),
  ]
}

/** A row is always shown: that it matches was found out already, by rules that are not VS Code’s. */
function rowOf(choice: Choice, { hasSides }: PickOptions): Row {
  const { label } = choice
  switch (choice.is) {
    case 'words':
      return { label, alwaysShow: true, iconPath: new ThemeIcon(wordIcons[choice.about]) }
    case 'room': {
      const { who, description } = choice
      const buttons = hasSides ? { buttons: [toTheSide()] } : {}
      return { label, description, who, alwaysShow: true, iconPath: new ThemeIcon(roomIcon), ...buttons }
    }
    case 'typed':
      return { label, alwaysShow: true, who: choice.who, iconPath: new ThemeIcon('comment') }
    default: {
      const { who, description, status } = choice
      const buttons = hasSides ? { buttons: [toTheSide()] } : {}
      return { label, description, who, alwaysShow: true, iconPath: presenceIcon(status), ...buttons }
    }
  }
}

const wordIcons = { offline: 'debug-disconnect', nobody: 'info', more: 'ellipsis' } as const

function toTheSide(): QuickInputButton {
  return { iconPath: new ThemeIcon('split-horizontal'), tooltip: l10n.t('Open to the Side') }
}
