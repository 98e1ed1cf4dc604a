import { ParleyError } from '../../errors.ts'
import type { Act, Deed, MessageName, Words } from '../../protocol/bodies.ts'
import type { ControlRequests } from '../../protocol/control.ts'
import type { Attachment } from '../../protocol/files.ts'
import {
  type ConversationId,
  conversationId,
  type MessageId,
  messageId,
  type UserId,
  userId,
} from '../../protocol/ids.ts'
import type { Chats } from '../chats/chats.ts'
import type { Circle, Draft } from '../circle.ts'
import type { Circles, Place } from '../circles.ts'
import { queuedNumber } from '../conversations/keys.ts'
import type { HubPlugins } from '../plugged.ts'
import { readMessage } from '../wishes.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

export interface MessagesParts {
  readonly circles: Pick<Circles, 'of' | 'find'>
  /** Where it is kept what was dropped. */
  readonly chats: Pick<Chats, 'drop' | 'dropped'>
  /** Asked before anything is stored, and told of what was. */
  readonly plugins: Pick<HubPlugins, 'checkSending' | 'sent'>
  /** A file that may be sent, by its hash. @throws ParleyError */
  readonly attachment: (hash: string) => Promise<Attachment>
  /** ms since 1970 */
  readonly now: () => number
}

/** What can be done with messages: each public method with the name of a request of the control API is that request. */
export class Messages {
  readonly #parts: MessagesParts

  constructor(parts: MessagesParts) {
    this.#parts = parts
  }

  /** @throws ParleyError `bad-message`, `unsupported`, `guarded`, `refused`, and of files that are not here */
  readonly send = async (params: Params<'send'>): Result<'send'> => {
    readMessage(params)
    const { circles, plugins } = this.#parts
    const { circle, conversation } = await circles.find(params.to)
    const draft = await this.#draft({ circle, conversation }, params)
    await plugins.checkSending(conversation, params.text, params.anyway)
    const message = await circle.send(conversation, draft)
    plugins.sent(message)
    return message
  }

  /** What is to be sent there, checked. */
  async #draft({ circle, conversation }: Place, params: Params<'send'>): Promise<Draft> {
    const { replyTo, files: hashes = [] } = params
    const files = await Promise.all(hashes.map(hash => this.#parts.attachment(hash)))
    const base = { ...readMessage(params), ...namedBy(circle, conversation, params) }
    if (!circle.act && (replyTo || base.mentions || base.mentionsAll || files.length > 0)) {
      throw unsupported('replies, mentions and files')
    }
    return {
      ...base,
      ...(replyTo && { replyTo: readName(replyTo) }),
      ...(files.length > 0 && { files }),
    }
  }

  /** @throws ParleyError `bad-message` when it cannot be edited, `unsupported`, `guarded`, `refused` */
  readonly editMessage = async (params: Params<'editMessage'>): Result<'editMessage'> => {
    const place = this.#place(params.conversation)
    const target = readId(params.message, 'message')
    checkWellFormed(params.text)
    await this.#parts.plugins.checkSending(place.conversation, params.text, params.anyway)
    const words: Words = { text: params.text, ...namedBy(place.circle, place.conversation, params) }
    await this.#act(place, params.act, { is: 'edit', target, ...words })
    const edited = await place.circle.ownMessage(place.conversation, target)
    if (edited) return edited
    throw new ParleyError('internal', 'The message that was edited cannot be found.')
  }

  /** @throws ParleyError `bad-message` when it cannot be deleted, `unsupported` */
  readonly deleteMessage = async (params: Params<'deleteMessage'>): Result<'deleteMessage'> => {
    const place = this.#place(params.conversation)
    const target = readName(params)
    const deletion = { is: 'deletion', target, entries: [] } as const
    if (params.forMe) await this.#hide(place, target, () => this.#act(place, params.act, deletion))
    else await this.#act(place, params.act, deletion)
    return {}
  }

  /** @throws ParleyError `bad-message` for what cannot be reacted to or is no emoji, `unsupported` */
  readonly react = async (params: Params<'react'>): Result<'react'> => {
    const { emoji, on } = params
    const target = readName(params)
    await this.#act(this.#place(params.conversation), params.act, { is: 'reaction', target, emoji, isOff: !on })
    return {}
  }

  /** Who of the others has a message of one's own, and who has read it. @throws ParleyError `bad-message`, `unsupported` */
  readonly reached = async ({ conversation, message }: Params<'reached'>): Result<'reached'> => {
    const place = this.#place(conversation)
    if (!place.circle.reached) throw unsupported('receipts')
    return { members: await place.circle.reached(place.conversation, readId(message, 'message')) }
  }

  readonly typing = async ({ conversation, stopped = false }: Params<'typing'>): Result<'typing'> => {
    const place = this.#place(conversation)
    place.circle.typing?.(place.conversation, stopped)
    return {}
  }

  async #hide({ circle, conversation }: Place, target: MessageName, takeBack: () => Promise<void>): Promise<void> {
    const { chats } = this.#parts
    if (!circle.findMessage || !circle.lettingGo) throw unsupported('this')
    const found = await circle.findMessage(conversation, target)
    if (!found) throw new ParleyError('bad-message', 'That message is not here, so there is nothing to delete.')
    // Nobody has it yet: to show it here no more and send it still is what nobody means.
    if (found.mine && queuedNumber(found.position) !== undefined) await takeBack()
    else {
      await chats.drop(conversation, target)
      await circle.lettingGo(conversation)?.drop([target])
      await chats.dropped(conversation, [target])
    }
  }

  async #act({ circle, conversation }: Place, id: string, act: Deed): Promise<void> {
    if (!circle.act) throw unsupported(knows[act.is])
    const said: Act = { message: readId(id, 'act'), written: Math.max(0, this.#parts.now()), act }
    await circle.act(conversation, said)
  }

  #place(id: string): Place {
    return this.#parts.circles.of(conversationId(id))
  }
}

/** Whom a text names: people who belong there. @throws ParleyError `bad-message` */
function namedBy(
  circle: Circle,
  conversation: ConversationId,
  { mentions = [] }: { readonly mentions?: readonly string[] },
): Pick<Words, 'mentions' | 'mentionsAll'> {
  const users = [...new Set(mentions.filter(each => each !== 'all'))].map(each => userId(each))
  for (const user of users) if (!belongs(user, circle, conversation)) throw nobodyThere()
  return {
    ...(users.length > 0 && { mentions: users }),
    ...(users.length < mentions.length && mentions.includes('all') && { mentionsAll: true as const }),
  }
}

function belongs(user: UserId, circle: Circle, conversation: ConversationId): boolean {
  const info = circle.summary(conversation)
  // A chat of two may not have begun yet.
  if (info?.kind === 'direct') return user === info.person.user || user === circle.account?.user
  return circle.takesPart?.(conversation, user) === true
}

function nobodyThere(): ParleyError {
  const words = 'The message names somebody who does not take part in that chat. Send it without that mention.'
  return new ParleyError('bad-message', words)
}

function readName({ user, message }: { readonly user: string; readonly message: string }): MessageName {
  return { user: userId(user), message: readId(message, 'message') }
}

function readId(text: string, what: 'message' | 'act'): MessageId {
  try {
    return messageId(text)
  } catch (cause) {
    const whose = what === 'act' ? 'an act' : 'a message'
    throw new ParleyError('bad-message', `The id of ${whose} is 16 bytes in base32.`, { cause })
  }
}

function checkWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new ParleyError('bad-message', 'The message has a broken character. Type it anew.')
}

const knows: Readonly<Record<Deed['is'], string>> = { edit: 'edits', deletion: 'deletions', reaction: 'reactions' }

function unsupported(what: string): ParleyError {
  return new ParleyError('unsupported', `A classic client knows no ${what}: it gets plain texts, and keeps them.`)
}
