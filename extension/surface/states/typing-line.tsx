import type { PersonInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'

/** Who writes at this moment. The line is always there, so that nothing moves when they begin. */
export function TypingLine({ typing = [] }: { readonly typing?: readonly PersonInfo[] | undefined }) {
  return (
    <p class="typing" role="status" dir="auto">
      {typingWords(typing.map(({ displayName }) => displayName))}
    </p>
  )
}

function typingWords(names: readonly string[]): string {
  const [first = '', second = ''] = names
  if (names.length === 0) return ''
  if (names.length === 1) return l10n.t('{0} is typing…', first)
  if (names.length === 2) return l10n.t('{0} and {1} are typing…', first, second)
  return l10n.t('{0} people are typing…', names.length)
}
