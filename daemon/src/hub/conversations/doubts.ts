import { isAct, type Said } from '../../protocol/bodies.ts'
import type { ReadEntry } from '../../protocol/entries.ts'
import type { Doubt, JudgeContext, Members } from './members.ts'

/** Why an entry does not count, by the members and by what it says; undefined: it does. */
export function doubtOf(
  members: Members,
  entry: ReadEntry,
  said: Said | undefined,
  context: JudgeContext,
): Doubt | undefined {
  return members.judge(entry, context) ?? overreach(members, said, context)
}

/** Nobody but its author deletes a message, and in a room an admin. */
function overreach(members: Members, said: Said | undefined, { author, rights }: JudgeContext): Doubt | undefined {
  if (said === undefined || !isAct(said) || said.act.is !== 'deletion' || said.act.target.user === author)
    return undefined
  if (members.mayModerate(author, rights)) return undefined
  return { code: 'forged', message: 'A deletion counts for nothing: only the author or an admin deletes a message.' }
}
