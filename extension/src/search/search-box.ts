import type { SearchHit } from '@parley/daemon/protocol/control'
import { env, l10n, type QuickPickItem, ThemeIcon, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { presenceIcon, roomIcon } from '../people/presence.ts'
import { plainLine } from '../shared/harmless.ts'
import type { KnownChat } from '../shared/known-chat.ts'
import { listedChat } from '../shared/marks.ts'
import { type Hits, MessageSearch } from './message-search.ts'
import { readTyped } from './query.ts'

/** `typed`: what the box begins with. `within`: the one chat that is searched. */
interface SearchOptions {
  readonly typed?: unknown
  readonly within?: KnownChat
}

interface Row extends QuickPickItem {
  readonly hit?: SearchHit
  readonly does?: 'more'
}

/** *Search in Chats*: what is chosen is shown where it was said. */
export async function search({ hub, chats }: Context, { typed, within }: SearchOptions): Promise<void> {
  const box = window.createQuickPick<Row>()
  const { promise, resolve } = Promise.withResolvers<SearchHit | undefined>()
  const searching = new MessageSearch(params => hub.request('search', params), show)
  function show(): void {
    const active = box.activeItems[0]?.hit
    box.busy = searching.found.isBusy
    box.items = rowsOf(searching.found, box.value)
    const same = active && box.items.find(({ hit }) => hit === active)
    if (same) box.activeItems = [same]
  }
  const seek = (value: string) => searching.seek(readTyped(value, hub.conversations.values(), within?.conversation))
  box.title = within ? l10n.t('Search in {0}', within.name) : l10n.t('Search in Chats')
  box.placeholder = within
    ? l10n.t('Words, and from:name after:2026-01-31 before:2026-02-28 has:file')
    : l10n.t('Words, and from:name in:chat after:2026-01-31 before:2026-02-28 has:file')
  box.keepScrollPosition = true
  const listening = [
    box.onDidChangeValue(seek),
    box.onDidAccept(() => {
      const [selected] = box.selectedItems
      if (selected?.does === 'more') searching.more()
      else if (selected?.hit) resolve(selected.hit)
    }),
    box.onDidHide(() => resolve(undefined)),
  ]
  if (typeof typed === 'string') {
    box.value = typed.slice(0, limits.shortText)
    seek(box.value)
  }
  show()
  box.show()
  let hit: SearchHit | undefined
  try {
    hit = await promise
  } finally {
    searching.dispose()
    for (const each of listening) each.dispose()
    box.dispose()
  }
  if (hit) await chats.open(hit.conversation.conversation, { position: hit.message.position })
}

function rowsOf({ hits, more, isBusy, isIndexing, why }: Hits, typed: string): readonly Row[] {
  const words = (icon: string, label: string): Row => ({ label, alwaysShow: true, iconPath: new ThemeIcon(icon) })
  if (why !== undefined) return [words('warning', plainLine(why, limits.sentence))]
  const isNothing = hits.length === 0 && !isBusy && typed.trim() !== ''
  return [
    ...hits.map(rowOf),
    ...(isNothing ? [words('info', l10n.t('Nothing was found.'))] : []),
    ...(isIndexing ? [words('loading~spin', l10n.t('Older messages are still being read: there may be more.'))] : []),
    ...(more ? [{ ...words('ellipsis', l10n.t('Show more')), does: 'more' as const }] : []),
  ]
}

function rowOf(hit: SearchHit): Row {
  const { message, conversation, excerpt } = hit
  const time = new Intl.DateTimeFormat(env.language, { dateStyle: 'medium', timeStyle: 'short' }).format(
    message.written,
  )
  const by = message.mine ? l10n.t('you') : plainLine(message.name, limits.name)
  const files = (message.files ?? []).map(({ name }) => name).join(', ')
  return {
    hit,
    label: plainLine(excerpt || files, limits.excerpt),
    description: by,
    detail: `${plainLine(listedChat(conversation), limits.name)} · ${time}`,
    alwaysShow: true,
    iconPath: conversation.kind === 'room' ? new ThemeIcon(roomIcon) : presenceIcon(conversation.person.status),
  }
}
