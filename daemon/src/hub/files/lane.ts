import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Link } from '../../net/link.ts'
import { type ConversationId, type DeviceId, type FileHash, fromText, type UserId } from '../../protocol/ids.ts'
import { AskFileSchema, type FilePart } from '../../protocol/parley_pb.ts'

/** A link to a device that may have a file: of somebody in a conversation that names it, or of one's own. */
export interface Holder {
  readonly user: UserId
  readonly device: DeviceId
  readonly link: Pick<Link, 'request' | 'signal'>
}

/** What is asked of a holder: a chunk, or the hashes of all. */
export interface Wish {
  readonly conversation: ConversationId
  readonly hash: FileHash
  readonly chunk: number | 'hashes'
}

/** How many chunks are asked for, of all links together. */
export interface Load {
  inFlight: number
}

/**
 * The files that come over one link. How many chunks are asked for at once follows from how long they take: what is
 * asked for at once is what a message on the same link may have to wait for.
 */
export class Lane {
  readonly holder: Holder
  readonly #load: Load
  #window: number = limits.fileWindow.first
  /** When what has no answer yet was asked, the oldest first. */
  readonly #unanswered = new Set<{ readonly at: number }>()
  /** ms that a part has taken at least. */
  #least = Number.POSITIVE_INFINITY

  constructor(holder: Holder, load: Load) {
    this.holder = holder
    this.#load = load
  }

  /** Whether another part may be asked for. */
  get isFree(): boolean {
    return this.#unanswered.size < this.#window && this.#load.inFlight < limits.chunksInFlight
  }

  /** Whether something was asked long ago: others are asked rather, if there are any. */
  get isHanging(): boolean {
    const [oldest] = this.#unanswered
    return oldest !== undefined && oldest.at < performance.now() - limits.fileStall
  }

  get isClosed(): boolean {
    return this.holder.link.signal.aborted
  }

  /** What the holder gives, unchecked. @throws ParleyError as the holder has refused, `timeout`, `closed` */
  async ask({ conversation, hash, chunk }: Wish, signal: AbortSignal): Promise<FilePart> {
    const which = chunk === 'hashes' ? { hashes: true } : { chunk }
    const value = create(AskFileSchema, { conversation: fromText(conversation), hash: fromText(hash), ...which })
    const asked = { at: performance.now() }
    this.#unanswered.add(asked)
    this.#load.inFlight++
    try {
      const reply = await this.holder.link.request({ case: 'askFile', value }, { signal, timeout: limits.filePart })
      if (reply.case !== 'filePart') throw new ParleyError('bad-frame', 'A peer answered with something else.')
      this.#learn(performance.now() - asked.at)
      return reply.value
    } catch (error) {
      this.#learn(Number.POSITIVE_INFINITY)
      throw error
    } finally {
      this.#unanswered.delete(asked)
      this.#load.inFlight--
    }
  }

  /**
   * As LEDBAT does (RFC 6817): the least that a part has taken is the line itself, what is beyond it is the queue that
   * was made there. The least is forgotten slowly, because the line may become another one.
   */
  #learn(took: number): void {
    this.#least = Math.min(took, this.#least * limits.fileLeastGrows)
    const queued = took - this.#least
    if (queued < limits.fileQueue.short) this.#window = Math.min(this.#window + 1, limits.fileWindow.most)
    else if (!(queued < limits.fileQueue.long)) this.#window = Math.max(this.#window - 1, 1)
  }
}
