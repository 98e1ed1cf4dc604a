import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { plainText } from './plain.ts'

/** A new message as a screen reader is to say it. */
export interface Heard {
  readonly name: string
  readonly text: string
  /** It is a whole sentence already. */
  readonly isEvent?: true
}

/** What is said of the messages that came together: a few in full, more of them as a number. */
export function announcement(heard: readonly Heard[]): string {
  const names = [...new Set(heard.map(({ name }) => name))]
  if (heard.length > limits.announcedSingly) {
    return l10n.t('{0} new messages from {1}', heard.length, names.join(', '))
  }
  return heard
    .map(({ name, text, isEvent }) => (isEvent ? text : `${name}: ${plainText(text, limits.announced)}`))
    .join('\n')
}
