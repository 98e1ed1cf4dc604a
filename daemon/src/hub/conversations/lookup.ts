import type { Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type Act, type Deed, editKind, encodeSaid, type MessageName, targetOf } from '../../protocol/bodies.ts'
import { NamedRowSchema } from '../../protocol/hub_rows_pb.ts'
import type { ConversationId, UserId } from '../../protocol/ids.ts'
import { readShown, rowKey, storedMessage, type View, withReplies } from './history.ts'
import { keys, queuedNumber, queuedPosition } from './keys.ts'
import { readRow } from './rows.ts'
import type { StoredMessage } from './types.ts'

/**
 * A message as it stands now, whoever wrote it; undefined when it is not here. One that was dropped here, or taken back
 * before it left, stands as deleted. Throws `damaged-data`.
 */
export async function findMessage(storage: Storage, view: View, name: MessageName): Promise<StoredMessage | undefined> {
  const key = keys.named(view.conversation, name.user, name.message)
  for (let before: string | undefined; ; ) {
    const [value] = await storage.get([key])
    if (value === undefined) return undefined
    const { position, hidden, dropped } = readRow(NamedRowSchema, key, value)
    if (hidden || dropped) return gone(view, name, position)
    if (position === '') return undefined
    const at = rowKey(view.conversation, position)
    const [row] = await storage.get([at])
    if (row !== undefined) {
      const { user, ...shown } = readShown(view.user, position, at, row)
      const [found] = await withReplies(storage, view, [storedMessage(view, user, shown, position)])
      return found
    }
    // Sealed between the two looks: it has a new place now.
    if (position === before) {
      throw new ParleyError('damaged-data', `The stored row ${at} is missing. Restore the home from a backup.`)
    }
    before = position
  }
}

function gone(view: View, { user, message }: MessageName, position: string): StoredMessage {
  const content = { message, written: 0, text: '', deleted: true } as const
  return storedMessage(view, user, content, position || queuedPosition(0))
}

/**
 * Whether an act of the person here would change anything. Throws `bad-message` when it cannot be done, in words that say
 * why. `mayModerate`: whether they may delete what others wrote.
 */
export async function checkAct(storage: Storage, view: View, said: Act, mayModerate: boolean): Promise<boolean> {
  const { act } = said
  encodeSaid(said)
  const [taken] = await storage.get([keys.act(view.conversation, said.message)])
  if (taken !== undefined) return false
  const found = await findMessage(storage, view, targetOf(said, view.user))
  if (found === undefined || found.event) {
    const words =
      act.is === 'edit'
        ? 'No message of yours with that id is here: only its author can edit a message.'
        : `That message is not here, so it cannot be ${doneTo[act.is]}.`
    throw new ParleyError('bad-message', words)
  }
  if (act.is === 'deletion') {
    if (found.mine || mayModerate) return !found.deleted
    throw new ParleyError(
      'bad-message',
      'Only its author can delete a message for everybody. Delete it for yourself instead.',
    )
  }
  if (found.deleted)
    throw new ParleyError('bad-message', `That message was deleted, so it cannot be ${doneTo[act.is]}.`)
  if (act.is === 'reaction') return checkReaction(view.user, found, act)
  if (act.text.trim() === '' && (found.files ?? []).length === 0) {
    throw new ParleyError('bad-message', 'The message would be empty. Delete it instead.')
  }
  if ((await editCount(storage, view.conversation, found)) >= limits.editsOfMessage) {
    throw new ParleyError(
      'bad-message',
      `A message can be edited ${limits.editsOfMessage} times, and this one was. Write a new one.`,
    )
  }
  return true
}

function checkReaction(
  own: UserId,
  found: StoredMessage,
  { emoji, isOff }: Deed & { readonly is: 'reaction' },
): boolean {
  if (found.mine && queuedNumber(found.position) !== undefined) {
    throw new ParleyError('bad-message', 'That message has not left this hub yet. React to it once it has.')
  }
  const mine = (found.reactions ?? []).filter(({ user }) => user === own)
  const isOn = mine.some(each => each.emoji === emoji)
  if (!isOff && !isOn && mine.length >= limits.reactionsOfPerson) {
    throw new ParleyError(
      'bad-message',
      `You have reacted with ${limits.reactionsOfPerson} emoji to that message, which is the most. Take one back first.`,
    )
  }
  return isOn === isOff
}

async function editCount(storage: Storage, conversation: ConversationId, of: MessageName): Promise<number> {
  const prefix = keys.aboutOf(conversation, of.user, of.message)
  return (await storage.list(`${prefix}${editKind}/`, { limit: limits.editsOfMessage })).rows.length
}

const doneTo: Readonly<Record<Deed['is'], string>> = { edit: 'edited', deletion: 'deleted', reaction: 'reacted to' }
