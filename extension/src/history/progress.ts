import type { HistoryProgress } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { sizeWords } from '../shared/size-words.ts'

/** What a progress notification of the editor takes. */
interface Shown {
  report(told: { message: string; increment?: number }): void
}

/** Shows how far the export or import of a file is, until disposed. */
export function showHistoryProgress(
  hub: Pick<Hub, 'onHistory'>,
  file: string,
  shown: Shown,
  locale: string,
): Disposable {
  let share = 0
  return hub.onHistory(progress => {
    if (progress.file !== file) return
    const message = historyWords(progress, locale)
    if (progress.size === undefined) return shown.report({ message })
    // The file is read twice, and a bar goes forth only.
    const next = (percentOf(progress) + (progress.doing === 'importing' ? 100 : 0)) / 2
    shown.report({ message, increment: Math.max(0, next - share) })
    share = Math.max(share, next)
  })
}

function historyWords(progress: HistoryProgress, locale: string): string {
  const messages = progress.messages.toLocaleString(locale || undefined)
  switch (progress.doing) {
    case 'exporting':
      return l10n.t('Messages: {0}, {1}', messages, sizeWords(progress.bytes, locale))
    case 'checking':
      return l10n.t('Checking the file: {0} %', percentOf(progress))
    case 'importing':
      return l10n.t('Messages: {0}, {1} % of the file', messages, percentOf(progress))
  }
}

function percentOf({ bytes, size = 0 }: HistoryProgress): number {
  return size === 0 ? 100 : Math.floor((bytes / size) * 100)
}
