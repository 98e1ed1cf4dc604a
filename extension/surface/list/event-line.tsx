import type { RoomEvent } from '@parley/daemon/protocol/control'
import type { Dates } from '../model/dates.ts'
import { eventWords } from '../model/event-words.ts'

export interface EventLineProps {
  readonly event: RoomEvent
  /** Who did it. */
  readonly by: string
  readonly written: number
  readonly dates: Dates
}

/** What happened in a room, as a line between the messages. */
export function EventLine({ event, by, written, dates }: EventLineProps) {
  return (
    <p class="event" dir="auto">
      {eventWords(event, by)}
      <time dateTime={new Date(written).toISOString()} title={dates.whole(written)}>
        {dates.time(written)}
      </time>
    </p>
  )
}
