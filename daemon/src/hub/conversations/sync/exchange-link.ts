import type { DeviceId, UserId } from '../../../protocol/ids.ts'
import type { Conversation } from '../conversation.ts'
import type { Arrivals } from './arrivals.ts'
import type { Exchange } from './exchange.ts'

/** The link of an exchange. */
export interface ExchangeLink {
  /** The other side. */
  readonly user: UserId
  readonly device: DeviceId
  readonly arrivals: Arrivals
  /** Bytes of entries that were taken in and may be sent again; asking for them takes them. */
  takeCredit(): number
  /** Whether the logs of a conversation are shared, not its membership entries alone. */
  sharesLogs(conversation: Conversation): boolean
  /** An exchange has something to say, or to send. */
  wake(exchange: Exchange): void
  /** Asks all over: sends how the conversation stands here. */
  compare(conversation: Conversation): void
}
