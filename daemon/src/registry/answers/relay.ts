import { create } from '@bufbuild/protobuf'
import { deviceId, userId } from '../../protocol/ids.ts'
import { RelaySchema } from '../../protocol/parley_pb.ts'
import type { Relay } from '../relay/relay.ts'
import type { Answers } from './answers.ts'

/** What a device is answered that asks to be connected with another. */
export function relayAnswers({ relay }: { relay: Relay }): Answers {
  return {
    askRelay({ user, device }, { session }) {
      return {
        case: 'relay',
        value: create(RelaySchema, { ticket: relay.ask(session, userId(user), deviceId(device)) }),
      }
    },
  }
}
