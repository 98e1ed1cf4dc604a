import { ParleyError } from '@parley/daemon/client'
import { commands, env, l10n } from 'vscode'
import type { Context, OpenOptions } from '../context.ts'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { inTeam } from '../shared/in-team.ts'
import { reportFailure } from '../shared/report.ts'
import { setStatus } from './own-status.ts'
import { PeopleView } from './people-view.ts'
import { type PickOptions, pickChat } from './pick.ts'

/** Registers the People view, and finding people to chat with. */
export function registerPeople(context: Context): Disposable {
  const { hub, log } = context
  const view = new PeopleView(hub)
  const command = (name: string, act: (argument: unknown) => Promise<unknown>) =>
    commands.registerCommand(`parley.${name}`, (argument: unknown) => reportFailure(log, () => act(argument)))
  const parts = [
    view,
    command('openChat', () => inTeam(hub, () => openPicked(context, { title: l10n.t('Open Chat'), from: 'chats' }))),
    command('findPeople', () =>
      inTeam(hub, () => openPicked(context, { title: l10n.t('Find People'), from: 'people' })),
    ),
    command('setStatus', () => inTeam(hub, () => setStatus(hub))),
    command('person.open', who => open(context, nameOf(hub, who, view.selected))),
    command('person.copyName', async who => env.clipboard.writeText(nameOf(hub, who, view.selected))),
  ]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}

async function openPicked(context: Context, options: PickOptions): Promise<void> {
  const picked = await pickChat(context.hub, { ...options, hasSides: true })
  if (picked) await open(context, picked.who, picked.where ? { where: picked.where } : {})
}

function open({ chats }: Context, who: string, options: OpenOptions = {}): Promise<void> {
  return chats.open(who, { ...options, focus: 'composer' })
}

/** The user name of the person that a command was called for: anything may call a command, with anything. */
function nameOf(hub: Hub, argument: unknown, selected: string | undefined): string {
  const wanted = typeof argument === 'string' ? argument : selected
  const found = hub.people.people.find(({ user }) => user === wanted)
  if (found) return found.name
  throw new ParleyError('unknown-user', l10n.t('Choose somebody in the list of people first.'))
}
