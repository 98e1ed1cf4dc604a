import { personOf } from '@parley/daemon/protocol/conversation-infos'
import { l10n, type QuickPickItem, ThemeIcon, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import { listedName } from '../shared/marks.ts'
import type { Whom } from '../shared/whom.ts'

/** Blocks somebody, after asking. */
export async function block({ hub }: Context, { with: who, name }: Whom): Promise<void> {
  const yes = l10n.t('Block')
  const detail = l10n.t(
    'Nothing of theirs reaches you any more, and they are not told. What you have written to each other stays. You can unblock them at any time.',
  )
  const answer = await window.showWarningMessage(l10n.t('Block {0}?', name), { modal: true, detail }, yes)
  if (answer === yes) await hub.request('block', { with: who, blocked: true })
}

export async function unblock(
  { hub }: Pick<Context, 'hub'>,
  { with: who, name }: Pick<Whom, 'with' | 'name'>,
): Promise<void> {
  await hub.request('block', { with: who, blocked: false })
  void window.setStatusBarMessage(l10n.t('{0} is unblocked', name), limits.saidFor)
}

/** *Blocked People*: all of them; the one that is chosen is unblocked. */
export async function showBlocked({ hub }: Context): Promise<void> {
  const { people } = await hub.request('blocked', {})
  if (people.length === 0) {
    void window.showInformationMessage(l10n.t('You have blocked nobody.'))
    return
  }
  const rows = people.map((person): QuickPickItem & { readonly who: string } => ({
    label: plainLine(listedName(person), limits.name),
    description: plainLine(person.via ? (person.address ?? '') : `@${person.name}`, limits.name),
    iconPath: new ThemeIcon('circle-slash'),
    // A name alone may be somebody else’s as well.
    who:
      [...hub.conversations.values()].find(chat => personOf(chat)?.user === person.user)?.conversation ?? person.name,
  }))
  const picked = await window.showQuickPick(rows, {
    title: l10n.t('Blocked People'),
    placeHolder: l10n.t('Choose whom to unblock'),
  })
  if (!picked) return
  await unblock({ hub }, { with: picked.who, name: picked.label })
}
