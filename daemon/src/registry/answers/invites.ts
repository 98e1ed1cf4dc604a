import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { InviteListSchema, InviteSchema } from '../../protocol/parley_pb.ts'
import type { Account, Accounts } from '../accounts.ts'
import type { Inviting } from '../inviting.ts'
import type { Session } from '../sessions.ts'
import { type Answers, done } from './answers.ts'

interface InviteParts {
  readonly accounts: Accounts
  readonly inviting: Inviting
}

/** What an admin may do about invites. The role is asked of storage each time. */
export function inviteAnswers({ accounts, inviting }: InviteParts): Answers {
  const admin = (session: Session) => adminOf(accounts, session)
  return {
    async createInvite({ uses, expires, forName }, { session }) {
      const wish = {
        ...(uses > 0 && { uses }),
        ...(expires > 0n && { expires: Number(expires) }),
        ...(forName !== '' && { forName }),
      }
      const by = await admin(session)
      const made = await inviting.invite(wish, by)
      const { expires: until, ...invite } = made
      return { case: 'invite', value: create(InviteSchema, { ...invite, expires: BigInt(until), by: by.name }) }
    },
    async listInvites(_asked, { session }) {
      await admin(session)
      const { invites } = await inviting.invites()
      const rows = invites.map(({ expires, created, ...invite }) =>
        create(InviteSchema, { ...invite, expires: BigInt(expires), created: BigInt(created) }),
      )
      return { case: 'inviteList', value: create(InviteListSchema, { invites: rows }) }
    },
    async revokeInvite({ id }, { session }) {
      await inviting.revokeInvite({ id }, await admin(session))
      return done()
    },
  }
}

/** @throws ParleyError `not-admin` */
async function adminOf(accounts: Accounts, { account: { user } }: Session): Promise<Account> {
  const account = (await accounts.byUser(user))?.account
  if (account?.role === 'admin' && !account.isDisabled) return account
  throw new ParleyError('not-admin', 'Only an admin of the team can do this. Ask one of them.')
}
