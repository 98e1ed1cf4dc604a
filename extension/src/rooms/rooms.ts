import { commands } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { withChats } from '../shared/in-team.ts'
import { reportFailure } from '../shared/report.ts'
import { type Room, roomOf } from './room.ts'

/** Registers what one does with rooms. Each command is about the room that it is called with, else the chat in use. */
export function registerRooms(context: Context): Disposable {
  const { hub, chats, log } = context
  const command = (name: string, act: (argument: unknown) => Promise<unknown>) =>
    commands.registerCommand(`parley.room.${name}`, (argument: unknown) => reportFailure(log, () => act(argument)))
  const onRoom = (name: string, act: (context: Context, room: Room) => Promise<unknown>) =>
    command(name, async argument => act(context, roomOf(hub, argument, chats.current)))
  const members = () => import('./members.ts')
  const settings = () => import('./settings.ts')
  const parts = [
    command('create', () => withChats(hub, async () => (await import('./create.ts')).createRoom(context))),
    onRoom('members', async (...about) => (await members()).showMembers(...about)),
    onRoom('invite', async (...about) => (await members()).inviteToRoom(...about)),
    onRoom('settings', async (...about) => (await settings()).showRoomSettings(...about)),
    onRoom('rename', async (...about) => (await settings()).rename(...about)),
    onRoom('leave', async (...about) => (await settings()).leave(...about)),
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
