import { ParleyError } from '../errors.ts'
import type { Plugged } from '../plugins/plugged.ts'
import type { Said } from '../protocol/bodies.ts'
import type { MessageInfo } from '../protocol/control.ts'
import type { ConversationId, UserId } from '../protocol/ids.ts'
import type { Doubt } from './conversations/members.ts'

/** A hub's side of the plugins: asks its guards about words, and tells its observers of messages. */
export class HubPlugins {
  readonly #plugged: Plugged

  constructor(plugged: Plugged) {
    this.#plugged = plugged
  }

  /**
   * Asks about words of one's own before they are stored; `anyway`: the person has been told, and means it.
   * @throws ParleyError `guarded` when they may be sent on purpose, `refused` when not
   */
  async checkSending(conversation: ConversationId, text: string, anyway = false): Promise<void> {
    const refusal = await this.#plugged.guard.refuses('send', { conversation, text })
    if (!refusal || (refusal.mayOverride && anyway)) return
    const { plugin, why, mayOverride } = refusal
    throw new ParleyError(mayOverride ? 'guarded' : 'refused', `The plugin "${plugin}" did not let it be sent: ${why}`)
  }

  /** What a conversation asks of what has come. Undefined where nobody guards that, so that nothing is waited for. */
  get receiving(): ReceiveGuard | undefined {
    const { guard } = this.#plugged
    if (!guard.has('receive')) return undefined
    return async (conversation, { user, said }) => {
      const text = textOf(said)
      const refusal = text !== undefined && (await guard.refuses('receive', { conversation, user, text }))
      if (!refusal) return undefined
      return { code: 'refused', message: `Not shown, by the plugin "${refusal.plugin}": ${refusal.why}` }
    }
  }

  sent(message: MessageInfo): void {
    this.#plugged.telling.tell('sent', observed(message))
  }

  received(messages: readonly MessageInfo[]): void {
    if (!this.#plugged.telling.has('received')) return
    for (const message of messages) this.#plugged.telling.tell('received', observed(message))
  }
}

type ReceiveGuard = (
  conversation: ConversationId,
  message: { readonly user: UserId; readonly said: Said },
) => Promise<Doubt | undefined>

/** The words of a message or of an edit; undefined of all else. */
function textOf(said: Said): string | undefined {
  return 'text' in said && said.text !== '' ? said.text : undefined
}

function observed({ conversation, message, name, text, written }: MessageInfo) {
  return { conversation, message, from: name, text, written }
}
