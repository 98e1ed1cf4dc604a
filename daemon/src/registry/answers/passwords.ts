import { create } from '@bufbuild/protobuf'
import { ChallengeSchema, type Reply } from '../../protocol/parley_pb.ts'
import type { Credentials } from '../credentials.ts'
import type { Step } from '../exchanges.ts'
import { type Answers, done } from './answers.ts'

/** What a member may do about the own password. */
export function passwordAnswers({ credentials }: { credentials: Credentials }): Answers {
  return {
    changePassword: async (asked, { session, exchanges }) =>
      stepReply(await credentials.change(asked, session, exchanges)),
  }
}

/** The next challenge, or that it is done. */
export function stepReply(step: Step<unknown>): Reply['is'] {
  if (step.is === 'over') return done()
  return { case: 'challenge', value: create(ChallengeSchema, { data: step.data }) }
}
