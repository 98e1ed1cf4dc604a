import type { Mailbox } from '../mailbox/mailbox.ts'
import { type Answers, done } from './answers.ts'

/** What a device is answered that leaves mail for others, or fetches its own. */
export function mailboxAnswers({ mailbox }: { mailbox: Mailbox }): Answers {
  return {
    async publishMailboxKey({ key }, { session }) {
      await mailbox.publishKey(session, key)
      return done()
    },
    async deposit(asked, { session }) {
      await mailbox.deposit(session, asked)
      return done()
    },
    collectMail: async (_asked, { session }) => ({ case: 'mail', value: await mailbox.collect(session) }),
    async takenMail({ ids }, { session }) {
      await mailbox.taken(session, ids)
      return done()
    },
  }
}
