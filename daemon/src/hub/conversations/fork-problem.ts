import type { Log } from '@parley/kit'
import type { ConversationId } from '../../protocol/ids.ts'
import { isForked } from './device-log.ts'
import type { State } from './state.ts'
import type { Account } from './types.ts'

/**
 * That a device has written several branches of its log at once, in a sentence for a person; undefined: none has. It is
 * over when the device has brought them together. `peer`: how the other one of a direct conversation is called.
 */
export function forkProblem({ logs, members }: State, account: Account, peer?: string): string | undefined {
  for (const [device, log] of logs) {
    if (!isForked(log)) continue
    if (device === account.device) return `This device has ${twice}. Nothing is lost; stop the copy if it still runs.`
    const isOwn = members.mayLink(device)?.user === account.user
    const whose = isOwn ? 'Another device of yours' : peer ? `A device of ${peer}` : 'A device of somebody here'
    return `${whose} has ${twice}. Nothing is lost; if nobody knows of a copy, somebody else may have its keys.`
  }
  return undefined
}

/** Logs that a log has just forked: most are brought together again before anybody has looked at a list. */
export function logFork(log: Log, conversation: ConversationId, before: State, state: State, account: Account): void {
  const problem = forkProblem(state, account)
  if (problem !== undefined && forkProblem(before, account) === undefined) log.warn({ conversation }, problem)
}

const twice = 'written on from two states of its home, as when an old copy was restored or a copy runs elsewhere'
