import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { ClassicMode } from '../../protocol/control.ts'
import type { ClassicAliases } from '../classic/aliases.ts'
import { type Answers, done } from './answers.ts'

/** What a member may do about being known to classic clients. */
export function classicAnswers({ aliases, mode }: { aliases: ClassicAliases; mode: () => ClassicMode }): Answers {
  return {
    async setClassic({ alias, password }, { session, link }) {
      if (password !== '' && mode() === 'off') {
        throw new ParleyError('unsupported', 'This team takes no classic clients. Its operator may set "classic".')
      }
      const deadline = AbortSignal.any([link.signal, AbortSignal.timeout(limits.request)])
      await aliases.set(session.account.user, { alias, password }, deadline)
      return done()
    },
  }
}
