import { l10n, type QuickPickItem, window } from 'vscode'
import type { Context } from '../context.ts'

interface Row extends QuickPickItem {
  readonly areOn: boolean
}

/** *Read Receipts*: whether others are told what one has read, and one what they have. */
export async function chooseReceipts({ hub }: Context): Promise<void> {
  const wereOn = !hub.accounts?.[0]?.areReceiptsOff
  const rows: readonly Row[] = [
    { areOn: true, label: l10n.t('On'), detail: l10n.t('Others see what you have read, and you see what they have.') },
    {
      areOn: false,
      label: l10n.t('Off'),
      detail: l10n.t('Others do not see what you have read, nor you what they have.'),
    },
  ]
  const picked = await window.showQuickPick(
    rows.map(row => (row.areOn === wereOn ? { ...row, description: l10n.t('current') } : row)),
    { title: l10n.t('Read Receipts'), placeHolder: l10n.t('Do others see what you have read?') },
  )
  if (picked && picked.areOn !== wereOn) await hub.request('setReceipts', { receipts: picked.areOn })
}
