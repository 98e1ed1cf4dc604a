import type { FileInfo, MessageInfo, MessageState, ReactionInfo, RoomEvent } from '@parley/daemon/protocol/control'
import { limits } from '../limits.ts'
import { isSameDay, startOfDay } from './dates.ts'
import { type Held, keyOf } from './held.ts'
import type { Unsent } from './unsent.ts'

/** What is true of a message of one's own. */
export type Standing = Unsent['standing'] | { readonly is: MessageState }

/** One message as the list draws it, with all that depends on its neighbours. */
export interface Row {
  readonly key: string
  readonly message: string
  readonly user: string
  readonly name: string
  readonly mine: boolean
  readonly text: string
  readonly written: number
  /** Absent: the hub has not taken it yet. */
  readonly position?: string
  /** The day that begins with it, as a time. */
  readonly day?: number
  /** Whether it was written on another day than those around it, and says so beside its time. */
  readonly isOtherDay: boolean
  /** Whether the *New* line is above it. */
  readonly isNew: boolean
  /** Whether it has a head with the author's name; else it goes on from the message above. */
  readonly hasHead: boolean
  readonly standing?: Standing
  /** In rooms, of one's own messages: how many of the others have it, and have read it. */
  readonly reached?: MessageInfo['reached']
  /** What happened in the room; then there is no text. */
  readonly event?: RoomEvent
  readonly replyTo?: MessageInfo['replyTo']
  readonly mentionsMe?: true
  readonly files?: readonly FileInfo[]
  /** When it was edited last. */
  readonly edited?: number
  readonly isDeleted?: true
  /** It came by an import: no signature vouches for it. */
  readonly imported?: true
  readonly reactions?: readonly ReactionInfo[]
  /** Whether its standing is said in words beside it. */
  readonly isStandingSaid: boolean
  /** Whether the conversation begins with it. */
  readonly isFirst: boolean
  readonly isLast: boolean
}

export interface RowsOf {
  readonly held: Held
  readonly unsent: readonly Unsent[]
  readonly self: { readonly user: string; readonly name: string }
  /** The position of the message under the *New* line. */
  readonly newLine?: string | undefined
}

/**
 * The rows of what is held. While there are older messages the first one held is not drawn: what its neighbour looks
 * like depends on it, so a page that is put before it changes no height.
 */
export function rowsOf({ held, unsent, self, newLine }: RowsOf): readonly Row[] {
  const taken = new Set(held.messages.map(keyOf))
  const own = held.moreAfter ? [] : unsent.map(waiting => unsentAs(waiting, self)).filter(({ key }) => !taken.has(key))
  const drawn = [...held.messages.map(heldAs), ...own]
  const said = lastOfEach(drawn)
  const underLine = newLine === undefined ? undefined : under(drawn, newLine, held.moreBefore)
  const isHidden = held.moreBefore && drawn.length > 1
  let above: Drawn | undefined
  let latestDay = 0
  const rows: Row[] = []
  for (const [index, one] of drawn.entries()) {
    const day = startOfDay(one.written)
    const startsDay = day > latestDay
    latestDay = Math.max(day, latestDay)
    const isNew = one.key === underLine
    if (!isHidden || index > 0) {
      rows.push({
        ...one,
        ...(startsDay ? { day } : {}),
        isOtherDay: day !== latestDay,
        isNew,
        hasHead: startsDay || isNew || !goesOn(above, one),
        isStandingSaid: one.standing?.is === 'failed' || said.has(one.key),
        isFirst: index === 0 && !held.moreBefore,
        isLast: index === drawn.length - 1,
      })
    }
    above = one
  }
  return rows
}

type Drawn = Omit<Row, 'day' | 'isOtherDay' | 'isNew' | 'hasHead' | 'isStandingSaid' | 'isFirst' | 'isLast'>

function heldAs(held: MessageInfo): Drawn {
  const { conversation: _, state, mentions: __, deleted, event, ...drawn } = held
  // What happened is told of nobody's device.
  const standing = state && !event ? { standing: { is: state } } : {}
  return { ...drawn, key: keyOf(held), ...standing, ...(event && { event }), ...(deleted && { isDeleted: true }) }
}

function unsentAs({ message, text, written, standing, replyTo, files }: Unsent, { user, name }: RowsOf['self']): Drawn {
  const enclosed = { ...(replyTo && { replyTo }), ...(files && { files }) }
  return { key: keyOf({ user, message }), message, user, name, mine: true, text, written, standing, ...enclosed }
}

/** The message right below the *New* line; none when the line is above all that is held. */
function under(drawn: readonly Drawn[], line: string, moreBefore: boolean): string | undefined {
  const first = drawn[0]?.position
  if (moreBefore && first !== undefined && line < first) return undefined
  return drawn.find(({ mine, position }) => !mine && position !== undefined && position >= line)?.key
}

/** Whether `one` is of the same author as the message above it, soon after. */
function goesOn(above: Drawn | undefined, one: Drawn): boolean {
  return (
    above !== undefined &&
    above.event === undefined &&
    one.event === undefined &&
    above.user === one.user &&
    Math.abs(one.written - above.written) < limits.group &&
    isSameDay(one.written, above.written)
  )
}

/** The last message of one's own for each thing that is true of some. */
function lastOfEach(drawn: readonly Drawn[]): ReadonlySet<string> {
  const last = new Map<string, string>()
  for (const { key, standing } of drawn) if (standing !== undefined) last.set(standing.is, key)
  return new Set(last.values())
}
