import { commands, l10n } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { pickChat } from '../people/pick.ts'
import { reportFailure } from '../shared/report.ts'
import { findWhom, type Whom, whomOf } from '../shared/whom.ts'
import { block, showBlocked, unblock } from './blocking.ts'
import { acceptKey, verify } from './verify.ts'

/** Registers whom to trust and whom to hear: safety numbers, changed keys, blocked people. */
export function registerTrust(context: Context): Disposable {
  const { hub, chats, log } = context
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
      whom => verify(context, whom),
    ),
    about(
      'person.acceptKey',
      () => l10n.t('Go On Unverified'),
      whom => acceptKey(context, whom),
    ),
    about(
      'person.block',
      () => l10n.t('Block'),
      whom => block(context, whom),
    ),
    about(
      'person.unblock',
      () => l10n.t('Unblock'),
      whom => unblock({ hub }, whom),
    ),
    commands.registerCommand('parley.blockedPeople', () => reportFailure(log, () => showBlocked(context))),
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
  const who = typeof argument === 'string' ? argument : (await pickChat(hub, { title, from: 'chats' }))?.who
  if (who === undefined) return undefined
  // A chat that has not begun is in no list.
  const { conversation } = await hub.request('openChat', { with: who })
  return whomOf({ conversations: new Map([[who, conversation]]), people: hub.people }, who)
}
