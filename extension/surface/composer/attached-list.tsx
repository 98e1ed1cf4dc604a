import * as l10n from '@vscode/l10n'
import { sizeWords } from '../../src/shared/size-words.ts'
import { Icon } from '../style/icon.tsx'
import type { Attached } from '../use-attached.ts'

export interface AttachedListProps {
  readonly attached: readonly Attached[]
  readonly onRemove: (key: number) => void
}

/** The files that go with what is being written, each with a way to leave it out. */
export function AttachedList({ attached, onRemove }: AttachedListProps) {
  if (attached.length === 0) return null
  return (
    <ul class="attached" aria-label={l10n.t('Files of this message')}>
      {attached.map(({ key, name, size, state }) => (
        <li key={key} class={`attached-file is-${state.is}`}>
          <Icon name={state.is === 'adding' ? 'loading' : state.is === 'failed' ? 'error' : 'file'} />
          <span class="attached-name" dir="auto">
            {name}
          </span>
          <span class="attached-state" role={state.is === 'failed' ? 'alert' : undefined}>
            {state.is === 'adding' ? l10n.t('adding…') : state.is === 'failed' ? state.why : sizeWords(size, '')}
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={l10n.t('Leave {0} out', name)}
            title={l10n.t('Leave {0} out', name)}
            onClick={() => onRemove(key)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}
