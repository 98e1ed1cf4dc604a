import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { RenewedSchema } from '../../protocol/parley_pb.ts'
import type { Accounts } from '../accounts.ts'
import type { Attestations } from '../attestations.ts'
import { type DeviceStatus, deviceStatuses } from '../presence.ts'
import { readPublished } from '../published.ts'
import type { Sessions } from '../sessions.ts'
import { type Answers, done } from './answers.ts'

interface StandingParts {
  readonly accounts: Accounts
  readonly attestations: Attestations
  readonly sessions: Sessions
}

/** What a device says of itself: that it is still here, how it stands and where it can be reached. */
export function standingAnswers({ accounts, attestations, sessions }: StandingParts): Answers {
  return {
    async renew(_asked, { session }) {
      await accounts.visited(session.device)
      return { case: 'renewed', value: create(RenewedSchema, { attestation: attestations.renew(session.account) }) }
    },
    publishAddresses(asked, { session, link }) {
      session.published = readPublished(asked, link.remoteAddress)
      return done()
    },
    setStatus({ status }, { session }) {
      const known = readStatus(status)
      if (!known) throw new ParleyError('bad-frame', `A device says that it is ${deviceStatuses.join(', ')}.`)
      sessions.says(session, known)
      return done()
    },
  }
}

/** How a device says that it stands; undefined for a word that means nothing here. */
export function readStatus(text: string): DeviceStatus | undefined {
  return deviceStatuses.find(status => status === text)
}
