import { create } from '@bufbuild/protobuf'
import { fromText, type UserId } from '../../../protocol/ids.ts'
import { type Event, type Resumed, ResumedSchema, ResumeSchema } from '../../../protocol/parley_pb.ts'
import type { Conversation } from '../conversation.ts'
import type { State } from '../state.ts'
import type { Account } from '../types.ts'
import type { Cursor } from './arrivals.ts'
import type { Digests } from './digest.ts'
import { rightsDigest } from './rights.ts'
import { shareWith } from './sync-host.ts'

/** How a conversation stood when a link was told of it. */
export interface Listed extends Digests {
  readonly state: State
}

/** How a conversation stands now, as far as a user may know. */
export function listedNow(conversation: Conversation, user: UserId): Listed {
  const { members, state, receipts } = conversation
  const rights = rightsDigest(members, user)
  if (shareWith(conversation, user) !== 'all') return { heads: none, rights, marks: none, state }
  return { heads: conversation.headsDigest.of(conversation.state.logs), rights, marks: receipts.digestFor(user), state }
}

/** How a conversation stands, with what was last taken of the one who is told. */
export function resumedOf(
  conversation: Conversation,
  user: UserId,
  taken: Cursor | undefined,
  account: Account,
): Resumed {
  const { heads, rights, marks } = listedNow(conversation, user)
  const { peer } = conversation
  const isOwn = user === account.user
  return create(ResumedSchema, {
    conversation: fromText(conversation.id),
    digest: new Uint8Array(heads),
    rights: new Uint8Array(rights),
    marks: new Uint8Array(marks),
    epoch: taken?.epoch ?? 0n,
    arrival: BigInt(taken?.arrival ?? 0),
    ...(isOwn && peer && { with: fromText(peer.user), name: peer.name, displayName: peer.displayName }),
  })
}

export function resumedFrame(conversations: Resumed[], more = false): Event['is'] {
  return { case: 'resume', value: create(ResumeSchema, { conversations, more }) }
}

const none = new Uint8Array(0)
