import { commands, env, l10n } from 'vscode'
import type { Context, OpenOptions } from '../context.ts'
import type { Disposable } from '../event.ts'
import { inTeam, withChats } from '../shared/in-team.ts'
import { reportFailure } from '../shared/report.ts'
import { whomOf } from '../shared/whom.ts'
import { PeopleView } from './people-view.ts'
import type { PickOptions } from './pick.ts'

/** Registers the People view, and finding people to chat with. */
export function registerPeople(context: Context): Disposable {
  const { hub, log } = context
  const view = new PeopleView(hub)
  const command = (name: string, act: (argument: unknown) => Promise<unknown>) =>
    commands.registerCommand(`parley.${name}`, (argument: unknown) => reportFailure(log, () => act(argument)))
  const parts = [
    view,
    command('openChat', () => withChats(hub, () => openPicked(context, { title: l10n.t('Open Chat'), from: 'chats' }))),
    command('goToChat', () =>
      withChats(hub, () =>
        openPicked(context, { title: l10n.t('Go to Chat'), from: 'chats', last: context.chats.current }),
      ),
    ),
    command('findPeople', () =>
      inTeam(hub, () => openPicked(context, { title: l10n.t('Find People'), from: 'people' })),
    ),
    command('setStatus', () => inTeam(hub, async () => (await import('./own-status.ts')).setStatus(hub))),
    command('person.open', async who => open(context, whomOf(hub, who, view.selected).with)),
    command('person.copyName', async who => env.clipboard.writeText(whomOf(hub, who, view.selected).person.name)),
  ]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}

async function openPicked(context: Context, options: PickOptions): Promise<void> {
  const { pickChat } = await import('./pick.ts')
  const picked = await pickChat(context.hub, { ...options, hasSides: true })
  if (picked) await open(context, picked.who, picked.where ? { where: picked.where } : {})
}

function open({ chats }: Context, who: string, options: OpenOptions = {}): Promise<void> {
  return chats.open(who, { ...options, focus: 'composer' })
}
