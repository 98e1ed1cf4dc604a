import * as l10n from '@vscode/l10n'
import type { ComposerContext } from '../parts.ts'
import { Icon } from '../style/icon.tsx'

/** What is written is an answer, or an edit: to what, and a way out. */
export function ContextBar({ icon, label, text, problem, onCancel }: ComposerContext) {
  return (
    <div class="context-bar">
      <Icon name={icon} />
      <span class="context-words" dir="auto">
        <span class="context-label">{label}</span> <span class="context-text">{text}</span>
      </span>
      {problem !== undefined && (
        <span class="context-problem" role="alert">
          {problem}
        </span>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={l10n.t('Cancel')}
        title={l10n.t('Cancel (Escape)')}
        onClick={onCancel}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}
