import * as l10n from '@vscode/l10n'
import type { Ref } from 'preact'
import { useCallback, useImperativeHandle } from 'preact/hooks'
import { Virtualizer } from 'virtua'
import { limits } from '../limits.ts'
import type { Row } from '../model/rows.ts'
import { MessageRow, type Surroundings } from './message-row.tsx'
import { type PlaceOptions, usePlace } from './use-place.ts'
import { useRoving } from './use-roving.ts'

export interface MessageListProps extends PlaceOptions {
  readonly around: Surroundings
  readonly isLoading: boolean
  /** The focus goes back to the composer. */
  readonly onLeave: () => void
  readonly ref: Ref<MessageListHandle>
}

export interface MessageListHandle {
  toEnd(): void
  /** Focuses the message that had the focus last, else the lowest in sight. */
  focus(): void
  focusLast(): void
}

/** The messages that are held, of which only those in sight are in the page. */
export function MessageList(props: MessageListProps) {
  const { around, isToEnd, isLoading, onLeave } = props
  const place = usePlace(props)
  const { rows, mover } = place
  const { tabStop, kept, focus, focusLast, on } = useRoving(place, isToEnd, onLeave)
  useImperativeHandle(props.ref, () => ({ toEnd: () => mover.go('end', rows), focus, focusLast }))
  const draw = useCallback(
    (row: Row) => <MessageRow key={row.key} row={row} around={around} isTabStop={row.key === tabStop} />,
    [around, tabStop],
  )
  return (
    <div
      class="list"
      ref={place.scroller}
      role="feed"
      aria-label={
        around.people.isRoom
          ? l10n.t('Messages in {0}', around.people.title)
          : l10n.t('Messages with {0}', around.people.title)
      }
      aria-busy={isLoading}
      onWheel={({ deltaY }) => mover.turn(deltaY)}
      onPointerDown={() => mover.touch()}
      {...on}
    >
      <div class="list-space" />
      <Virtualizer
        ref={place.list}
        data={rows}
        shift={place.shift}
        bufferSize={limits.drawAhead}
        keepMounted={kept}
        onScroll={place.onScroll}
        onScrollEnd={place.onScrollEnd}
        onResize={place.onResize}
      >
        {draw}
      </Virtualizer>
    </div>
  )
}
