import type { RoomHistory } from '@parley/daemon/protocol/control'
import { l10n, type QuickPickItem, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { historyWords } from '../shared/room-words.ts'
import { pickPeople } from './pick-people.ts'

/** *New Room*: name, topic, what later members see, whom to invite; nothing is done before the last answer. */
export async function createRoom({ hub, chats }: Context): Promise<void> {
  const title = l10n.t('New Room')
  const name = await askName(title, '')
  if (name === undefined) return
  const topic = await askTopic(title, '')
  if (topic === undefined) return
  const history = await askHistory(title, undefined)
  if (history === undefined) return
  const placeholder = l10n.t('Choose whom to invite; you can invite others at any time')
  const self = hub.accounts?.[0]?.user
  const invite = await pickPeople(hub, { title, placeholder }, new Set(self === undefined ? [] : [self]))
  if (invite === undefined) return
  const { conversation } = await hub.request('createRoom', { name, topic, history, invite })
  await chats.open(conversation.conversation)
}

/** `undefined`: they went. */
export async function askName(title: string, value: string): Promise<string | undefined> {
  const name = await window.showInputBox({
    title,
    value,
    prompt: l10n.t('What is the room about? A short name, such as release-2.4'),
    ignoreFocusOut: true,
    validateInput: typed => {
      const { length } = Array.from(typed.trim())
      if (length === 0) return l10n.t('Give the room a name.')
      return length > limits.name ? l10n.t('A name has at most {0} characters.', limits.name) : undefined
    },
  })
  return name?.trim()
}

/** Empty: none; `undefined`: they went. */
export async function askTopic(title: string, value: string): Promise<string | undefined> {
  const topic = await window.showInputBox({
    title,
    value,
    prompt: l10n.t('A topic, which everybody sees beside the name. Leave it empty for none'),
    ignoreFocusOut: true,
    validateInput: typed =>
      Array.from(typed.trim()).length > limits.topic
        ? l10n.t('A topic has at most {0} characters.', limits.topic)
        : undefined,
  })
  return topic?.trim()
}

/** `undefined`: they went. */
export async function askHistory(title: string, current: RoomHistory | undefined): Promise<RoomHistory | undefined> {
  const rows: readonly (QuickPickItem & { readonly history: RoomHistory })[] = [
    { history: 'all', label: l10n.t('Everything'), detail: historyWords('all') },
    { history: 'from-invitation', label: l10n.t('From now on'), detail: historyWords('from-invitation') },
  ]
  const picked = await window.showQuickPick(
    rows.map(row => (row.history === current ? { ...row, description: l10n.t('current') } : row)),
    { title, placeHolder: l10n.t('What do those see who come later?'), ignoreFocusOut: true },
  )
  return picked?.history
}
