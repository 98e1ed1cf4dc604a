import type { Lie } from './disk.ts'

/** A fault that somebody could have made, planted in a copy of the product to see whether the checker catches it. */
export interface Fault {
  readonly name: string
  /** What it does, and what has to be planted beside it because the product defends itself in depth. */
  readonly what: string
  /** What the judge has to say of it. */
  readonly says: RegExp
  /** None: the fault is one of the ground that the product stands on. */
  readonly patches: readonly Patch[]
  /** Makes every disk of the worlds lie. */
  readonly lie?: Lie
}

/** A text of the product that is there exactly once, and what stands there instead. */
export interface Patch {
  /** In the product's sources. */
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Each of them must be caught by `npm run soak -- faults`. */
export const faults: readonly Fault[] = [
  {
    name: 'acknowledge-before-commit',
    what: 'A message that somebody sends is said to be stored before it is.',
    says: /was acknowledged,? and is/,
    patches: [
      {
        file: 'hub/conversations/conversation.ts',
        from: `    this.#writer.wake()
    const placed = await committed
`,
        to: `    this.#writer.wake()
    const hurry = { mine: true, state: 'queued', position: '', user: this.account.user, conversation: this.id } as const
    committed.catch(() => undefined)
    if (content.text !== '') return { ...content, ...hurry }
    const placed = await committed
`,
      },
    ],
  },
  {
    name: 'acknowledge-peer-before-commit',
    what: 'Entries of a peer are acknowledged once they are checked. An acknowledgement names what is committed, so both have to go.',
    says: /told to be delivered, and is not on the disk/,
    patches: [
      {
        file: 'hub/conversations/reception.ts',
        from: '    inbox.arrive(accepted, bytes, { done, dropped })\n',
        to: '    inbox.arrive(accepted, bytes, { done: () => undefined, dropped })\n    done()\n',
      },
      {
        file: 'hub/conversations/sync/exchange.ts',
        from: '    const heads = headsOf(this.conversation.state, this.#owesAck)\n',
        to: `    const checked = [...this.#owesAck].flatMap(device => {
      const log = this.conversation.logs.log(device)
      return log ? [[device, log] as const] : []
    })
    const heads = headsOf({ ...this.conversation.state, logs: new Map(checked) }, this.#owesAck)
`,
      },
    ],
  },
  {
    name: 'no-fsync',
    what: 'A disk says that it has flushed and has not: the last writes are gone when its power goes.',
    says: /was acknowledged,? and is|told to be delivered, and is not on the disk/,
    patches: [],
    lie: { unflushed: 3 },
  },
  {
    name: 'drop-on-reconnect',
    what: 'What was sent before a link was cut counts as arrived. Whoever lacks it asks for it, so that has to be answered as if it had it.',
    says: / lacks \d+ of \d+ entries/,
    patches: [
      {
        file: 'hub/conversations/sync/exchange.ts',
        from: '    if (!this.#known.has(this.#own)) this.#known.set(this.#own, known)\n',
        to: `    const sent = this.conversation.state.logs.get(this.#own)?.heads
    if (!this.#known.has(this.#own)) this.#known.set(this.#own, sent ?? known)
`,
      },
      {
        file: 'hub/conversations/sync/exchange.ts',
        from: '    if (log && (log.floors.length === 0 || from.length > 0)) this.#known.set(device, from)\n',
        to: `    const sent = log && device === this.#own ? log.heads : from
    if (log && (log.floors.length === 0 || from.length > 0)) this.#known.set(device, sent)
`,
      },
    ],
  },
  {
    name: 'skip-a-sequence',
    what: 'Whoever goes on reading a log from storage leaves out the entry that comes next. What follows a gap is not taken, so that look has to go as well.',
    says: / lacks \d+ of \d+ entries/,
    patches: [
      {
        file: 'hub/conversations/branches.ts',
        from: '  const entries = await readLog(storage, log, seq, bytes, ahead?.from)\n',
        to: '  const entries = await readLog(storage, log, seq === 0 ? seq : seq + 1, bytes, ahead?.from)\n',
      },
      {
        file: 'hub/conversations/intake.ts',
        from: '    if ((index === 0 || prev.length > 1) && !(await isLinked(read, verdict, before))) return index\n',
        to: '    if (prev.length > 1 && !(await isLinked(read, verdict, before))) return index\n',
      },
    ],
  },
  {
    name: 'apply-twice',
    what: 'A message that comes in a second entry, as of a home that was put back and sealed it again, is shown a second time.',
    says: / shows .* twice|too many: (?!none)| counts /,
    patches: [
      {
        file: 'hub/conversations/timeline.ts',
        from: `    const placed = isSealed(named.position)
      ? this.#showAgain(name, named, row, position)
`,
        to: `    const placed = isSealed(named.position)
      ? this.#board.put(name, row, position, true, said)
`,
      },
    ],
  },
  {
    name: 'cursor-before-commit',
    what: 'A peer counts as taken up to where it has told, before what it told of is here. Who still differs compares everything, so that has to go.',
    says: / lacks \d+ of \d+ entries/,
    patches: [
      {
        file: 'hub/conversations/sync/exchange.ts',
        from: '    if (offer === undefined || this.#offered.size > 0 || !this.conversation.isStored) return\n',
        to: '    if (offer === undefined || !this.conversation.isStored) return\n',
      },
      {
        file: 'hub/conversations/sync/exchange.ts',
        from: '    if (wasAwaited && !have.full) {\n',
        to: '    if (wasAwaited && !have.full && have.heads.length > limits.heads) {\n',
      },
    ],
  },
  {
    name: 'first-seen-fork-wins',
    what: 'Of a log with two branches only the one that came first is taken.',
    says: / lacks \d+ of \d+ entries/,
    patches: [
      {
        file: 'hub/conversations/device-log.ts',
        from: '  if (heads.length > limits.branches) return undefined\n',
        to: '  if (heads.length > 1) return undefined\n',
      },
    ],
  },
  {
    name: 'marks-going-back',
    what: 'The mark that came last says how far somebody has read, also where one before said more. Such a one is dropped when it comes and when it is written, so both have to go.',
    says: / has read .* knows no more of it|how far that one has read/,
    patches: [
      {
        file: 'hub/conversations/receipts.ts',
        from: '    if (known && isWithin(mark.read, known.read)) return undefined\n',
        to: '    if (known && isWithin(mark.read, known.read) && isWithin(known.read, mark.read)) return undefined\n',
      },
      {
        file: 'hub/conversations/marks.ts',
        from: '  if (isWithin(read, known.read)) return undefined\n',
        to: '  if (isWithin(read, known.read) && isWithin(known.read, read)) return undefined\n',
      },
      {
        file: 'hub/conversations/marks.ts',
        from: '  return marksOf([...kept, signed], known.here)\n',
        to: '  return marksOf(kept.length < 0 ? kept : [signed], known.here)\n',
      },
    ],
  },
]
