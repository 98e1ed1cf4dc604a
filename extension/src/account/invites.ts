import { commands, env, l10n, type QuickPickItem, QuickPickItemKind, ThemeIcon, window } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import { inviteRows } from './invite-rows.ts'

interface Item extends QuickPickItem {
  readonly id?: string
}

/** *Invites*: those that still let somebody in, and those that did; the one that is chosen is taken back. */
export async function showInvites({ hub }: Context): Promise<void> {
  const { invites } = await hub.request('invites', {})
  const rows = inviteRows(invites, { now: Date.now(), locale: env.language })
  const items: Item[] = [
    { label: `$(person-add) ${l10n.t('Invite People…')}`, alwaysShow: true },
    ...(rows.length > 0 ? [{ label: l10n.t('Made already'), kind: QuickPickItemKind.Separator }] : []),
    ...rows.map(({ id, label, words }) => ({
      id,
      label: plainLine(label, limits.name),
      description: plainLine(words, limits.sentence),
      iconPath: new ThemeIcon('mail'),
    })),
  ]
  const picked = await window.showQuickPick(items, {
    title: l10n.t('Invites'),
    placeHolder: rows.length > 0 ? l10n.t('Choose one to take it back') : l10n.t('There are none yet'),
  })
  if (!picked) return
  if (picked.id === undefined) {
    await commands.executeCommand('parley.invite')
    return
  }
  const yes = l10n.t('Take Back')
  const detail = l10n.t('Nobody can join with it any more. Who has joined already stays.')
  const question = l10n.t('Take back this invite? {0}', picked.label)
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return
  await hub.request('revokeInvite', { id: picked.id })
  void window.setStatusBarMessage(l10n.t('The invite is taken back'), limits.saidFor)
}
