import type { PersonInfo } from '@parley/daemon/protocol/control'
import { l10n, type QuickPickItem, QuickPickItemKind, window } from 'vscode'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { presenceIcon, presenceWord } from '../people/presence.ts'
import { plainLine } from '../shared/harmless.ts'
import { shownName } from '../shared/person.ts'
import { byActivity } from './rows.ts'

/** Has a person choose with whom to chat: chats first, then people of the team. `undefined`: they chose nobody. */
export async function pickChat(hub: Hub, title: string): Promise<string | undefined> {
  const chats = byActivity(hub.conversations.values())
  const known = new Set(chats.map(({ person }) => person.user))
  const self = hub.accounts?.[0]?.user
  const others = hub.people.people.filter(({ user }) => !known.has(user) && user !== self)
  if (chats.length + others.length === 0) {
    void window.showInformationMessage(l10n.t('Nobody else is in your team yet.'))
    return undefined
  }
  const people = others.toSorted((a, b) => a.displayName.localeCompare(b.displayName))
  const items: readonly Choice[] = [
    ...heading(l10n.t('Chats'), chats),
    ...chats.map(({ conversation, person }) => choice(conversation, person)),
    ...heading(l10n.t('People'), people),
    ...people.map(person => choice(person.name, person)),
  ]
  const picked = await window.showQuickPick(items, {
    title,
    placeHolder: l10n.t('With whom?'),
    matchOnDescription: true,
  })
  return picked?.who
}

interface Choice extends QuickPickItem {
  /** A conversation, or a user name. */
  readonly who?: string
}

function choice(who: string, person: PersonInfo): Choice {
  return {
    who,
    label: plainLine(shownName(person), limits.name),
    description: `@${plainLine(person.name, limits.name)} · ${presenceWord(person.status)}`,
    iconPath: presenceIcon(person.status),
  }
}

function heading(label: string, of: readonly unknown[]): readonly Choice[] {
  return of.length > 0 ? [{ label, kind: QuickPickItemKind.Separator }] : []
}
