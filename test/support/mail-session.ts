import type { RegistrySession } from '../../daemon/src/hub/registry/session.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import type { Reply, Request } from '../../daemon/src/protocol/parley_pb.ts'
import { linkPair } from './links.ts'

type Answer = (is: Request['is']) => Reply['is'] | Promise<Reply['is']>

/** As much of a registry session as the mailbox uses, over a real link whose other end answers as it is told. */
export async function answeringSession(
  answer: Answer,
): Promise<AsyncDisposable & { readonly session: RegistrySession; readonly link: Link }> {
  const pair = await linkPair()
  pair.far.handle({ request: answer })
  const session = { registry: { link: pair.near } } as unknown as RegistrySession
  return { session, link: pair.near, [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose]() }
}

export const doneReply: Reply['is'] = { case: 'done', value: { $typeName: 'parley.v1.Done' } }
