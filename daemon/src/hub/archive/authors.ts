import { personOf } from '../../protocol/conversation-infos.ts'
import { type UserId, userId } from '../../protocol/ids.ts'
import type { Circles } from '../circles.ts'
import type { KeyedCircle } from '../keyed-circle.ts'
import { asName } from '../keyed-circle.ts'

export interface AuthorParts {
  readonly circles: Pick<Circles, 'find' | 'summary'>
  /** The circles whose people have keys. */
  readonly keyed: () => readonly Pick<KeyedCircle, 'account' | 'people'>[]
  /** One's own name at the team. */
  readonly ownName: () => string | undefined
}

/**
 * The user ids that a name stands for in a search: `me`, an id, or a name, of the team and of people of no team alike.
 * @throws ParleyError `unknown-user`, and others of asking for a name
 */
export async function usersNamed(text: string, { circles, keyed, ownName }: AuthorParts): Promise<readonly UserId[]> {
  const name = asName(text)
  if (/^[a-z2-7]{26}$/.test(name)) return [userId(name)]
  if (name === 'me' || name === ownName()) return keyed().map(({ account }) => account.user)
  const known = keyed().flatMap(({ people }) => people.named(name)?.user ?? [])
  if (known.length > 0) return known
  const { conversation } = await circles.find(text)
  const person = personOf(circles.summary(conversation))
  return person ? [userId(person.user)] : []
}
