import { render } from 'preact'
import type { Host } from './bridge.ts'
import { Files } from './chat/files.ts'
import { atFirst, Store } from './chat/state.ts'
import { MessageRow, type Surroundings } from './list/message-row.tsx'
import { datesIn } from './model/dates.ts'
import type { Row } from './model/rows.ts'

/**
 * Draws a message where nobody sees it, while the extension reads the chat: the first one takes many times longer than
 * the next, because the browser compiles what it has not run yet.
 */
export function warmUp(): void {
  const element = document.createElement('div')
  render(<MessageRow row={sample} around={nobody} isTabStop={false} />, element)
  render(null, element)
}

const sample: Row = {
  key: '',
  message: '',
  user: '',
  name: 'A B',
  mine: true,
  text: 'a *b* `c` https://example.com\n\n- d\n\n> e\n\n```\nf\n```',
  written: 0,
  isOtherDay: false,
  isNew: false,
  hasHead: true,
  standing: { is: 'delivered' },
  isStandingSaid: true,
  isFirst: false,
  isLast: true,
}

const nowhere: Host = {
  ask: () => new Promise(() => {}),
  on: () => {},
  ready: () => {},
  kept: () => undefined,
  keep: () => {},
}

const nobody: Surroundings = {
  dates: datesIn('en'),
  now: 0,
  nameOf: ({ name }) => name,
  people: {
    title: '',
    self: { user: '', name: '' },
    isRoom: false,
    isClassic: false,
    mayDelete: false,
    others: [],
    nameOf: (_, otherwise) => otherwise,
  },
  files: new Files(nowhere, new Store(atFirst)),
  locale: 'en',
  mayAct: true,
  shows: undefined,
  onLink: () => {},
  onPlace: async () => false,
  onCopy: () => {},
  onRetry: () => {},
  onEdit: () => {},
  onDiscard: () => {},
  onReply: () => {},
  onEditSent: () => {},
  onRemove: () => {},
  onMarkUnread: () => {},
  onReact: () => {},
  onPick: () => {},
  onJump: () => {},
  onCopyLink: () => {},
  onReached: () => {},
}
