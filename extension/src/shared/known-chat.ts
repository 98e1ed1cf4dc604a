import { ParleyError } from '@parley/daemon/client/basics'
import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { plainLine } from './harmless.ts'
import { listedChat } from './marks.ts'

/** A chat that a command is about. */
export interface KnownChat {
  readonly conversation: string
  /** Ready for a line with other words. */
  readonly name: string
  /** Days after which messages are dropped here; absent: never. */
  readonly retention?: number
}

/** The first of `wanted` that names a chat. Throws ParleyError `usage` in words when none does. */
export function chatOf({ conversations }: Pick<Hub, 'conversations'>, ...wanted: readonly unknown[]): KnownChat {
  for (const each of wanted) {
    const info = typeof each === 'string' ? conversations.get(each) : undefined
    if (!info) continue
    const { conversation, retention } = info
    const name = plainLine(listedChat(info), limits.name)
    return { conversation, name, ...(retention !== undefined && { retention }) }
  }
  throw new ParleyError('usage', l10n.t('Choose a chat in the list of chats first.'))
}
