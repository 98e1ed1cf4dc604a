import type { RoomMember } from '@parley/daemon/protocol/control'
import { l10n, type QuickPickItem, QuickPickItemKind, ThemeIcon, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { presenceIcon } from '../people/presence.ts'
import { plainLine } from '../shared/harmless.ts'
import { listedName } from '../shared/marks.ts'
import { roleWord } from '../shared/room-words.ts'
import { presenceWord } from '../shared/seen.ts'
import { nameOf } from '../shared/whom.ts'
import { pickPeople } from './pick-people.ts'
import { actsOn, type MemberAct, mayInvite } from './rights.ts'
import type { Room } from './room.ts'

/** *Members*: who belongs to a room, the most senior first, and what one may do with each. */
export async function showMembers(context: Context, room: Room): Promise<void> {
  const { members } = await context.hub.request('room', { conversation: room.conversation })
  const more = mayInvite(room.standing) ? inviteRows() : []
  const picked = await window.showQuickPick<Row>([...members.map(memberRow), ...more], {
    title: l10n.t('Members of {0}', room.name),
    placeHolder: l10n.t('Choose somebody to see what you can do'),
    matchOnDescription: true,
  })
  if (picked?.does === 'invite') await inviteToRoom(context, room)
  else if (picked?.member) await actOn(context, room, picked.member, members)
}

/** *Invite People to This Room*. */
export async function inviteToRoom({ hub }: Context, room: Room): Promise<void> {
  const { conversation, name } = room
  const { members } = await hub.request('room', { conversation })
  const title = l10n.t('Invite to {0}', name)
  const placeholder = l10n.t('Choose whom to invite')
  const people = await pickPeople(hub, { title, placeholder }, new Set(members.map(({ person }) => person.user)))
  for (const who of people ?? []) await hub.request('inviteToRoom', { conversation, who })
  if (!people?.length) return
  const words = people.length === 1 ? l10n.t('1 person is invited') : l10n.t('{0} people are invited', people.length)
  void window.setStatusBarMessage(words, limits.saidFor)
}

interface Row extends QuickPickItem {
  readonly member?: RoomMember
  readonly does?: 'invite'
}

function memberRow(member: RoomMember): Row {
  const { person, role, isSelf } = member
  const facts = [
    `@${plainLine(person.name, limits.name)}`,
    presenceWord(person.status),
    ...(role === 'member' ? [] : [roleWord(role)]),
    ...(isSelf ? [l10n.t('you')] : []),
  ]
  const label = plainLine(listedName(person), limits.name)
  return { member, label, description: facts.join(' · '), iconPath: presenceIcon(person.status) }
}

function inviteRows(): readonly Row[] {
  return [
    { label: '', kind: QuickPickItemKind.Separator },
    { does: 'invite', label: l10n.t('Invite people…'), iconPath: new ThemeIcon('person-add') },
  ]
}

async function actOn(context: Context, room: Room, member: RoomMember, members: readonly RoomMember[]): Promise<void> {
  const name = plainLine(listedName(member.person), limits.name)
  const acts = actsOn(member, members)
  if (acts.length === 0) return
  const picked = await window.showQuickPick(
    acts.map(act => ({ act, ...wordsOf[act]() })),
    { title: name, placeHolder: l10n.t('What do you want to do?') },
  )
  if (picked) await run(context, room, member, picked.act)
}

const wordsOf: Readonly<Record<MemberAct, () => { readonly label: string; readonly iconPath: ThemeIcon }>> = {
  chat: () => ({ label: l10n.t('Chat'), iconPath: new ThemeIcon('comment') }),
  makeAdmin: () => ({ label: l10n.t('Make admin'), iconPath: new ThemeIcon('shield') }),
  makeMember: () => ({ label: l10n.t('Make member'), iconPath: new ThemeIcon('person') }),
  remove: () => ({ label: l10n.t('Remove from the room…'), iconPath: new ThemeIcon('trash') }),
  takeBack: () => ({ label: l10n.t('Take the invitation back'), iconPath: new ThemeIcon('discard') }),
}

async function run({ hub, chats }: Context, room: Room, { person }: RoomMember, act: MemberAct): Promise<void> {
  const { conversation } = room
  const who = person.name
  switch (act) {
    case 'chat':
      return chats.open(nameOf(person))
    case 'makeAdmin':
    case 'makeMember':
      await hub.request('setRoomRole', { conversation, who, role: act === 'makeAdmin' ? 'admin' : 'member' })
      return
    case 'takeBack':
      await hub.request('removeFromRoom', { conversation, who })
      return
    case 'remove': {
      const yes = l10n.t('Remove')
      const name = plainLine(listedName(person), limits.name)
      const detail = l10n.t(
        'They get nothing more that is written there, and keep what they have. They can be invited again.',
      )
      const question = l10n.t('Remove {0} from {1}?', name, room.name)
      if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return
      await hub.request('removeFromRoom', { conversation, who })
    }
  }
}
