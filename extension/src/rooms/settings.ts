import { l10n, type QuickPickItem, ThemeIcon, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { oneLine } from '../shared/harmless.ts'
import { historyWords } from '../shared/room-words.ts'
import { askHistory, askName, askTopic } from './create.ts'
import { showMembers } from './members.ts'
import { mayChange } from './rights.ts'
import type { Room } from './room.ts'

interface Row extends QuickPickItem {
  readonly run: (context: Context, room: Room) => Promise<void>
}

/** *Room Settings*: what there is to see and, for whoever may, to change. */
export async function showRoomSettings(context: Context, room: Room): Promise<void> {
  const picked = await window.showQuickPick(rowsOf(room), {
    title: room.name,
    placeHolder: mayChange(room.standing)
      ? l10n.t('What do you want to change?')
      : l10n.t('Name, topic and history are changed by the owner and the admins'),
  })
  await picked?.run(context, room)
}

export async function rename({ hub }: Context, { conversation, name: before }: Room): Promise<void> {
  const name = await askName(l10n.t('Rename {0}', before), before)
  if (name !== undefined && name !== before) await hub.request('changeRoom', { conversation, name })
}

/** Asks first: one gets nothing more that is written there. */
export async function leave({ hub }: Context, { conversation, name, standing }: Room): Promise<void> {
  const yes = l10n.t('Leave')
  const detail =
    standing === 'owner'
      ? l10n.t(
          'What you have stays here. The room goes on: its most senior admin, else its most senior member, owns it then.',
        )
      : l10n.t('What you have stays here, and you get nothing more. To come back you have to be invited again.')
  if ((await window.showWarningMessage(l10n.t('Leave {0}?', name), { modal: true, detail }, yes)) !== yes) return
  await hub.request('leaveRoom', { conversation })
}

function rowsOf({ name, topic, history, standing }: Room): readonly Row[] {
  const members: Row = { label: l10n.t('Members…'), iconPath: new ThemeIcon('organization'), run: showMembers }
  const go: Row = { label: l10n.t('Leave the room…'), iconPath: new ThemeIcon('sign-out'), run: leave }
  const away = standing === 'left' || standing === 'invited' ? [] : [go]
  if (!mayChange(standing)) return [members, ...away]
  return [
    { label: l10n.t('Rename…'), description: name, iconPath: new ThemeIcon('edit'), run: rename },
    {
      label: l10n.t('Topic…'),
      description: oneLine(topic, limits.topic),
      iconPath: new ThemeIcon('comment'),
      run: changeTopic,
    },
    {
      label: l10n.t('History…'),
      description: historyWords(history),
      iconPath: new ThemeIcon('history'),
      run: changeHistory,
    },
    members,
    ...away,
  ]
}

async function changeTopic({ hub }: Context, { conversation, name, topic: before }: Room): Promise<void> {
  const topic = await askTopic(l10n.t('Topic of {0}', name), before)
  if (topic !== undefined && topic !== before) await hub.request('changeRoom', { conversation, topic })
}

async function changeHistory({ hub }: Context, { conversation, name, history: before }: Room): Promise<void> {
  const history = await askHistory(l10n.t('History of {0}', name), before)
  if (history !== undefined && history !== before) await hub.request('changeRoom', { conversation, history })
}
