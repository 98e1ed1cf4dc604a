import type { Storage } from '@parley/kit'
import type { ConversationId } from '../../protocol/ids.ts'
import { answersTo } from './answers.ts'
import { changedMessage, withReplies } from './history.ts'
import type { Progress } from './progress.ts'
import type { State } from './state.ts'
import type { Timeline } from './timeline.ts'
import type { ConversationChange, StoredMessage } from './types.ts'

export interface NewsGround {
  readonly conversation: ConversationId
  readonly storage: Storage
  readonly progress: Progress
  changed(change: ConversationChange): void
}

/** Tells front ends what a commit has changed of a conversation. */
export class ConversationNews {
  readonly #ground: NewsGround

  constructor(ground: NewsGround) {
    this.#ground = ground
  }

  /** `arrived`: those of others that are new. */
  tell(messages: readonly StoredMessage[] = [], arrived: readonly StoredMessage[] = []): void {
    this.#ground.changed({ conversation: this.#ground.conversation, messages, arrived })
  }

  /** Messages that are shown anew or otherwise, and then those that show some words of them. */
  async changed({ changes, answered }: Pick<Timeline, 'changes' | 'answered'>): Promise<void> {
    const { storage, progress } = this.#ground
    const { view } = progress
    const told = await this.#withReplies(changes.map(change => changedMessage(view, change)))
    this.tell(
      told,
      told.filter(({ mine }, index) => !mine && changes[index]?.isNew === true),
    )
    if (answered.length === 0) return
    const answers = await answersTo(storage, view, answered)
    if (answers.length > 0) this.tell(await this.#withReplies(answers))
  }

  /** Messages of one's own that have come further. */
  async progressed(before: State): Promise<void> {
    for await (const messages of this.#ground.progress.since(before)) this.tell(await this.#withReplies(messages))
  }

  /** What was committed since, though the answer to that was lost. */
  async restored(before: State): Promise<void> {
    this.tell()
    for await (const messages of this.#ground.progress.shownSince(before)) this.tell(await this.#withReplies(messages))
    await this.progressed(before)
  }

  #withReplies(messages: readonly StoredMessage[]): Promise<StoredMessage[]> | StoredMessage[] {
    if (messages.every(({ replyTo }) => replyTo === undefined)) return [...messages]
    return withReplies(this.#ground.storage, this.#ground.progress.view, messages)
  }
}
