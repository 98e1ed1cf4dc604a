import { commands, l10n } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { reportFailure } from '../shared/report.ts'
import { findWhom, type Whom, whomOf } from '../shared/whom.ts'

/** Registers whom to trust and whom to hear: safety numbers, changed keys, blocked people. */
export function registerTrust(context: Context): Disposable {
  const { chats, log } = context
  const about = (name: string, title: () => string, act: (whom: Whom) => Promise<void>) =>
    commands.registerCommand(`parley.${name}`, (argument: unknown) =>
      reportFailure(log, async () => {
        const whom = await chosen(context, title(), argument ?? chats.current)
        if (whom) await act(whom)
      }),
    )
  const parts = [
    about(
      'person.verify',
      () => l10n.t('Verify'),
      async whom => (await import('./verify.ts')).verify(context, whom),
    ),
    about(
      'person.acceptKey',
      () => l10n.t('Go On Unverified'),
      async whom => (await import('./verify.ts')).acceptKey(context, whom),
    ),
    about(
      'person.block',
      () => l10n.t('Block'),
      async whom => (await import('./blocking.ts')).block(context, whom),
    ),
    about(
      'person.unblock',
      () => l10n.t('Unblock'),
      async whom => (await import('./blocking.ts')).unblock(context, whom),
    ),
    commands.registerCommand('parley.blockedPeople', () =>
      reportFailure(log, async () => (await import('./blocking.ts')).showBlocked(context)),
    ),
  ]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}

/** Whom a command was called for: the row it was called on, the chat that one is in, or whom the person chooses. */
async function chosen({ hub }: Context, title: string, argument: unknown): Promise<Whom | undefined> {
  const known = findWhom(hub, argument)
  if (known) return known
  const who = typeof argument === 'string' ? argument : (await pick(hub, title))?.who
  if (who === undefined) return undefined
  // A chat that has not begun is in no list.
  const { conversation } = await hub.request('openChat', { with: who })
  return whomOf({ conversations: new Map([[who, conversation]]), people: hub.people }, who)
}

async function pick(hub: Hub, title: string) {
  const { pickChat } = await import('../people/pick.ts')
  return pickChat(hub, { title, from: 'chats' })
}
