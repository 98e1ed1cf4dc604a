import { ParleyError } from '@parley/daemon/client/basics'
import type { RoomInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'

/** A room that a command is about. */
export interface Room extends Pick<RoomInfo, 'topic' | 'history' | 'standing'> {
  readonly conversation: string
  /** Ready for a line with other words. */
  readonly name: string
}

/** The first of `wanted` that names a room. Throws ParleyError `usage` in words when none does. */
export function roomOf({ conversations }: Pick<Hub, 'conversations'>, ...wanted: readonly unknown[]): Room {
  for (const each of wanted) {
    const info = typeof each === 'string' ? conversations.get(each) : undefined
    if (info?.kind !== 'room') continue
    const { name, topic, history, standing } = info.room
    return { conversation: info.conversation, name: plainLine(name, limits.name), topic, history, standing }
  }
  throw new ParleyError('usage', l10n.t('Choose a room in the list of chats first.'))
}
