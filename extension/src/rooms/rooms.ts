import { commands } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { withChats } from '../shared/in-team.ts'
import { reportFailure } from '../shared/report.ts'
import { createRoom } from './create.ts'
import { inviteToRoom, showMembers } from './members.ts'
import { type Room, roomOf } from './room.ts'
import { leave, rename, showRoomSettings } from './settings.ts'

/** Registers what one does with rooms. Each command is about the room that it is called with, else the chat in use. */
export function registerRooms(context: Context): Disposable {
  const { hub, chats, log } = context
  const command = (name: string, act: (argument: unknown) => Promise<unknown>) =>
    commands.registerCommand(`parley.room.${name}`, (argument: unknown) => reportFailure(log, () => act(argument)))
  const onRoom = (name: string, act: (context: Context, room: Room) => Promise<unknown>) =>
    command(name, async argument => act(context, roomOf(hub, argument, chats.current)))
  const parts = [
    command('create', () => withChats(hub, () => createRoom(context))),
    onRoom('members', showMembers),
    onRoom('invite', inviteToRoom),
    onRoom('settings', showRoomSettings),
    onRoom('rename', rename),
    onRoom('leave', leave),
    onRoom('join', async (_, { conversation }) => {
      await hub.request('joinRoom', { conversation })
      await chats.open(conversation)
    }),
    onRoom('decline', (_, { conversation }) => hub.request('leaveRoom', { conversation })),
  ]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}
