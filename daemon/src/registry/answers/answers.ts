import { create } from '@bufbuild/protobuf'
import type { Link } from '../../net/link.ts'
import { DoneSchema, type Reply, type Request } from '../../protocol/parley_pb.ts'
import type { Outcome } from '../entrance.ts'
import type { Exchanges } from '../exchanges.ts'
import type { Session } from '../sessions.ts'

/** Who asks: a device that has signed in, over this link. */
export interface Asker {
  readonly session: Session
  readonly link: Link
  /** What of a mechanism goes on over the link. */
  readonly exchanges: Exchanges<Outcome>
}

type RequestCase = NonNullable<Request['is']['case']>
type RequestOf<Case extends RequestCase> = Extract<Request['is'], { case: Case }>['value']

/** What is answered to each kind of request, by those parts of the registry that know. Throws ParleyError to refuse. */
export type Answers = {
  readonly [Case in RequestCase]?: (asked: RequestOf<Case>, asker: Asker) => Reply['is'] | Promise<Reply['is']>
}

/** The answer of `answers` to a request; undefined when nobody there knows it. */
export function answerFrom(
  answers: Answers,
  is: Request['is'],
  asker: Asker,
): Reply['is'] | Promise<Reply['is']> | undefined {
  if (is.case === undefined) return undefined
  const answer = answers[is.case] as ((asked: unknown, asker: Asker) => Reply['is'] | Promise<Reply['is']>) | undefined
  return answer?.(is.value, asker)
}

/** The reply that says only that it is done. */
export function done(): Reply['is'] {
  return { case: 'done', value: create(DoneSchema) }
}
