import { ParleyError } from '@parley/daemon/client/basics'
import type { PersonInfo } from '@parley/daemon/protocol/control'
import { personOf } from '@parley/daemon/protocol/conversation-infos'
import * as l10n from '@vscode/l10n'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { plainLine } from './harmless.ts'
import { listedName } from './marks.ts'

/** Somebody whom a command is about. */
export interface Whom {
  /** By what the hub finds them: the conversation with them where there is one, else their name. */
  readonly with: string
  readonly person: PersonInfo
  /** Their name, ready for a line with other words. */
  readonly name: string
}

/**
 * The person that one of `wanted` names: a conversation's id or a user id, the first that does. Anything may call a
 * command, with anything. Throws ParleyError `unknown-user` in words when none does.
 */
export function whomOf(hub: Pick<Hub, 'conversations' | 'people'>, ...wanted: readonly unknown[]): Whom {
  const [found] = wanted.flatMap(each => findWhom(hub, each) ?? [])
  if (found) return found
  throw new ParleyError('unknown-user', l10n.t('Choose somebody in the list of people first.'))
}

/** Of no team somebody is found by their address: one of the team may have the name. */
export function nameOf({ via, address, name }: Pick<PersonInfo, 'via' | 'address' | 'name'>): string {
  return via ? (address ?? name) : name
}

/** The same for one; undefined when it names nobody whom lists show. */
export function findWhom(
  { conversations, people }: Pick<Hub, 'conversations' | 'people'>,
  wanted: unknown,
): Whom | undefined {
  if (typeof wanted !== 'string') return undefined
  const chat = conversations.get(wanted) ?? [...conversations.values()].find(info => personOf(info)?.user === wanted)
  if (chat?.kind === 'room') return undefined
  const person = chat?.person ?? people.people.find(({ user }) => user === wanted)
  if (!person) return undefined
  return { with: chat?.conversation ?? nameOf(person), person, name: plainLine(listedName(person), limits.name) }
}
