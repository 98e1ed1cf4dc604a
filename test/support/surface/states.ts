import { until } from '../wait.ts'
import { alice, bob, conversationOf, message, now, positionOf, roomViewOf, viewOf } from './messages.ts'
import type { ScriptedHost } from './scripted-host.ts'
import type { Surface, SurfaceOptions } from './surface.ts'
import type { Surfaces } from './surfaces.ts'

interface State {
  readonly script: (host: ScriptedHost) => void
  /** What is done once the page is loaded, until the state is on screen. */
  readonly reach: (surface: Surface) => Promise<unknown>
}

/**
 * Opens a surface in each state that a person may see, one after the other, and has `look` look at it. They share a
 * browser's context: each is a page of its own, which knows nothing of those before it.
 */
export async function showEveryState(
  surfaces: Surfaces,
  options: SurfaceOptions,
  look: (name: string, surface: Surface) => Promise<void>,
): Promise<void> {
  let beside: Surface | undefined
  for (const [name, { script, reach }] of Object.entries(states)) {
    const surface = await surfaces.loaded({ ...options, script, ...(beside && { beside }) })
    await beside?.page.close()
    beside = surface
    await reach(surface)
    await surface.frames()
    await look(name, surface)
  }
  await beside?.page.context().close()
}

const talk = (host: ScriptedHost) => {
  host.messages = [
    message(0, { mine: true, written: now - 26 * 3_600_000, text: 'Shall we ship on Friday?' }),
    message(1, { mine: false, written: now - 25 * 3_600_000, text: 'If the retry test holds. It failed twice today.' }),
    message(2, {
      mine: true,
      written: now - 240_000,
      text: 'The retry test is flaky on CI. Is it the backoff or the clock?',
    }),
    message(3, { mine: true, written: now - 200_000, text: 'I pinned the seed, see `src/net/dialer.ts:42`' }),
    message(4, { mine: false, written: now - 60_000, text: answer }),
    message(5, { mine: false, written: now - 50_000, text: 'I can send a patch, 4 lines. Want it?' }),
    message(6, { mine: true, written: now - 20_000, text: 'Yes please' }),
    message(7, {
      mine: true,
      written: now - 10_000,
      text: 'and the test with it',
      state: 'queued',
      position: 'outbox/00000000001',
    }),
  ]
  host.opened = { firstUnread: positionOf(4) }
}

const longName = 'A very long name that somebody has given themselves, with a title, a place and a team'

const answer = `> Is it the backoff or the clock?

The clock. It only fails when the timer fires *before* the abort:

\`\`\`ts src/net/dialer.ts:38-44
const wait = jitter(attempt)
await sleep(wait, { signal })
if (signal.aborted) throw signal.reason
\`\`\``

const long = (host: ScriptedHost) => {
  host.messages = conversationOf(500)
}

const drawn = (surface: Surface) => surface.drawn()

/** What comes late, so that it does not flash, is there. */
const appeared = (surface: Surface, selector: string) =>
  until(selector, async () =>
    surface.page.evaluate(
      `(one => one !== null && getComputedStyle(one).opacity === '1')(document.querySelector('${selector}'))`,
    ),
  )

/** A room in which everything has happened that can. */
export const inRoom = (host: ScriptedHost) => {
  const carol = { user: 'e'.repeat(26), name: 'carol', mine: false } as const
  host.view = roomViewOf({
    standing: 'admin',
    typing: [
      { ...bob, status: 'online', since: 0 },
      { user: carol.user, name: 'carol', displayName: 'Carol Diaz', status: 'away', since: 0 },
    ],
  })
  host.opened = {
    members: [
      { ...alice, status: 'online', role: 'admin' },
      { ...bob, status: 'online', role: 'owner' },
      { user: carol.user, name: 'carol', displayName: 'Carol Diaz', status: 'away', role: 'member' },
    ],
  }
  const question = message(1, { mine: false, written: now - 300_000, text: 'Who tags the release? @alice?' })
  host.messages = [
    message(0, { mine: false, written: now - 400_000, text: '', event: { is: 'founded' } }),
    { ...question, mentionsMe: true, reactions: [{ emoji: '🙏', users: [bob.user, alice.user], mine: true }] },
    message(2, {
      mine: true,
      written: now - 200_000,
      text: 'I do. @all: please wait.',
      edited: now - 190_000,
      replyTo: { ...bob, message: question.message, text: 'Who does it?', position: question.position },
      reactions: [
        { emoji: '👍', users: [bob.user], mine: false },
        { emoji: '🎉', users: [bob.user, carol.user], mine: false },
      ],
      state: 'delivered',
      reached: { delivered: 2, read: 1, of: 2 },
    }),
    message(3, { ...carol, written: now - 100_000, text: '', deleted: true }),
    message(4, {
      ...carol,
      written: now - 50_000,
      text: '',
      event: { is: 'renamed', text: 'release-2.4' },
    }),
    message(5, {
      mine: true,
      written: now - 10_000,
      text: 'Tagged.',
      state: 'sent',
      reached: { delivered: 1, read: 0, of: 2 },
    }),
  ]
  host.reached = [
    { name: 'Bob Larsen', state: 'read' },
    { name: 'Carol Diaz', state: 'delivered' },
  ]
}

const states: Readonly<Record<string, State>> = {
  talk: { script: talk, reach: drawn },
  empty: {
    script: () => {},
    reach: surface => surface.page.getByRole('button', { name: 'Write a message' }).waitFor(),
  },
  'empty, they are offline': {
    script: host => {
      host.view = viewOf({ person: { status: 'offline', since: now - 3_600_000 }, conversation: { linked: false } })
    },
    reach: surface => surface.page.getByRole('button', { name: 'Write a message' }).waitFor(),
  },
  opening: {
    script: host => void host.hold('open'),
    // It comes late, so as not to flash.
    reach: surface => appeared(surface, '.opening'),
  },
  'not opened': {
    script: host => host.refuse('open', 'The background service has ended six times in a row. Its log says why.'),
    reach: surface => surface.page.getByRole('button', { name: 'Try again' }).waitFor(),
  },
  connecting: {
    script: host => {
      talk(host)
      host.view = viewOf({ hub: { is: 'connecting', why: '' }, account: { state: 'connecting' } })
    },
    reach: drawn,
  },
  offline: {
    script: host => {
      talk(host)
      host.view = viewOf({
        conversation: { linked: false },
        account: { state: 'unreachable', status: 'offline' },
        person: { status: 'offline' },
      })
    },
    reach: drawn,
  },
  'hub failed': {
    script: host => {
      talk(host)
      host.view = viewOf({ hub: { is: 'failed', why: 'Parley’s background service has ended six times in a row.' } })
    },
    reach: drawn,
  },
  'signed out': {
    script: host => {
      talk(host)
      host.view = viewOf({ account: { state: 'signed-out', status: 'offline' } })
    },
    reach: drawn,
  },
  'key changed': {
    script: host => {
      talk(host)
      host.view = viewOf({ person: { trust: 'changed' }, conversation: { linked: false } })
    },
    reach: drawn,
  },
  'verified, relayed': {
    script: host => {
      talk(host)
      host.view = viewOf({ person: { trust: 'verified' }, conversation: { relayed: true } })
    },
    reach: async surface => {
      await surface.drawn()
      await surface.page.getByRole('button', { name: 'Relayed' }).click()
    },
  },
  'classic, not encrypted': {
    script: host => {
      host.messages = [
        message(0, { mine: false, written: now - 60_000, text: 'are you there?' }),
        message(1, { mine: true, written: now - 20_000, text: 'yes', state: 'sent' }),
      ]
      host.view = viewOf({ person: { via: 'classic', address: '192.0.2.9' }, conversation: { linked: false } })
    },
    reach: async surface => {
      await surface.drawn()
      await surface.composer.fill('A text that is longer than what the original program takes at once. '.repeat(2))
    },
  },
  blocked: {
    script: host => {
      talk(host)
      host.view = viewOf({
        person: { via: 'direct', address: '192.0.2.7:5858', isBlocked: true },
        conversation: { linked: false },
      })
    },
    reach: drawn,
  },
  'failed message': {
    script: host => {
      talk(host)
      host.refuse('send', 'The disk of this computer is full.', { code: 'storage' })
    },
    reach: async surface => {
      await surface.drawn()
      await surface.composer.fill('I will look at it tomorrow.')
      await surface.composer.press('Enter')
      await surface.page.getByText('Not sent.').waitFor()
    },
  },
  'scrolled up': {
    script: host => {
      long(host)
      host.opened = { scroll: { position: positionOf(450), offset: 0 } }
      host.view = viewOf({ conversation: { unread: 3 } })
    },
    reach: surface => surface.jump.waitFor(),
  },
  'loading older': {
    script: host => {
      long(host)
      host.opened = { scroll: { position: positionOf(100), offset: 0 } }
      host.hold('history')
    },
    reach: async surface => {
      await surface.drawn()
      await surface.wheel(-9000)
      await appeared(surface, '.edge')
    },
  },
  'page failed': {
    script: host => {
      long(host)
      host.opened = { scroll: { position: positionOf(100), offset: 0 } }
      host.refuse('history', 'The disk cannot be read.', { times: 9 })
    },
    reach: async surface => {
      await surface.drawn()
      await surface.wheel(-9000)
      await surface.page.getByRole('button', { name: 'Retry' }).first().waitFor()
    },
  },
  focused: {
    script: talk,
    reach: async surface => {
      await surface.drawn()
      await surface.composer.press('Escape')
      await surface.page.keyboard.press('ArrowUp')
      await surface.page.keyboard.press('ArrowUp')
      await surface.page.keyboard.press('ArrowUp')
    },
  },
  'room, who has it': {
    script: inRoom,
    reach: async surface => {
      await surface.drawn()
      await surface.page.getByRole('button', { name: 'Read by 1 of 2' }).click()
      await surface.page.getByRole('dialog').getByText('Carol Diaz').waitFor()
    },
  },
  'room of hundreds, who has it': {
    script: host => {
      inRoom(host)
      const name = longName
      host.view = roomViewOf({
        room: { name, topic: `${name}. `.repeat(3), history: 'all', standing: 'member', members: 240 },
      })
      const states = ['waiting', 'delivered', 'read'] as const
      host.reached = Array.from({ length: 239 }, (_, n) => ({ name: `${n} ${name}`, state: states[n % 3] ?? 'read' }))
    },
    reach: async surface => {
      await surface.drawn()
      await surface.message('Tagged.').hover()
      await surface.message('Tagged.').getByRole('button', { name: 'Show who has it' }).click()
      await surface.page.getByRole('dialog').getByText('Read by 79').waitFor()
    },
  },
  'room, its menu, and what one may not do': {
    script: inRoom,
    reach: async surface => {
      await surface.drawn()
      surface.host.refuse('react', 'Only members of the room react to what is written there.')
      await surface.message('I do.').getByRole('button', { name: /^🎉/ }).click()
      await surface.page.getByRole('alert').getByText('Only members').waitFor()
      await surface.page.getByRole('button', { name: 'More' }).click()
      await surface.page.getByRole('menuitem', { name: 'Clear history…' }).waitFor()
    },
  },
  'a room one has left': {
    script: host => {
      inRoom(host)
      host.view = roomViewOf({ standing: 'left' })
    },
    reach: async surface => {
      await surface.drawn()
      await surface.message('Tagged.').hover()
    },
  },
  'room, reacting': {
    script: inRoom,
    reach: async surface => {
      await surface.drawn()
      await surface.message('Tagged.').hover()
      await surface.message('Tagged.').getByRole('button', { name: 'React' }).click()
      await surface.page.getByRole('option', { name: /rocket/ }).waitFor()
    },
  },
  'room, answering and naming': {
    script: inRoom,
    reach: async surface => {
      await surface.drawn()
      await surface.message('Who tags').hover()
      await surface.message('Who tags').getByRole('button', { name: 'Reply', exact: true }).click()
      await surface.composer.pressSequentially('ok @')
      await surface.page.getByRole('option', { name: /@carol/ }).waitFor()
    },
  },
  'files, sent and being added': {
    script: host => {
      talk(host)
      host.opened = {}
      host.messages = [
        message(0, {
          mine: false,
          written: now - 60_000,
          text: 'The trace, and what I saw:',
          files: [
            { hash: 'h1', name: 'a trace with a rather long name that goes on.log', size: 34_000, type: 'text/plain' },
            { hash: 'h2', name: 'screen.png', size: 4_000, type: 'image/png', width: 300, height: 120, path: '' },
          ],
        }),
      ]
      host.hold('addFile')
    },
    reach: async surface => {
      await surface.drawn()
      await surface.page.getByRole('img', { name: 'screen.png' }).waitFor()
      await surface.host.tell('file', { hash: 'h1', done: 17_000, size: 34_000 })
      await surface.paste('notes.txt', 'text/plain')
      await surface.page.getByText('adding…').waitFor()
      await surface.paste('core.dump', '', 11 * 1024 * 1024)
      await surface.page.getByRole('alert').getByText('It is too large').waitFor()
    },
  },
  'files that do not come': {
    script: host => {
      host.view = viewOf({
        person: { name: 'somebody.with.a.very.long.user.name', displayName: longName, status: 'away' },
        conversation: { linked: false },
      })
      const file = (hash: string, name: string) => ({ hash, name, size: 34_000_000, type: 'application/zip' })
      host.messages = [
        message(0, {
          mine: false,
          written: now - 60_000,
          text: '',
          files: [
            file('h1', 'waiting.zip'),
            file('h2', `${'a-very-long-name-without-any-space-'.repeat(4)}.zip`),
            file('h3', 'not asked for.zip'),
          ],
        }),
      ]
    },
    reach: async surface => {
      const { host, page } = surface
      await surface.drawn()
      host.refuse('fetchFile', 'The file is not what the message with it says. Ask for it anew.')
      await page.getByRole('button', { name: /^Download a-very/ }).click()
      await page.getByRole('alert').getByText('not what the message').waitFor()
      host.hold('fetchFile')
      await page.getByRole('button', { name: 'Download waiting.zip' }).click()
      await page.getByRole('button', { name: 'Cancel fetching waiting.zip' }).waitFor()
      const waiting = 'Nobody who has this file is online. It comes by itself once somebody is.'
      host.tell('file', { hash: 'h1', done: 0, size: 34_000_000, waiting })
      await page.getByText(waiting).waitFor()
    },
  },
  'invited to a room': {
    script: host => {
      host.view = roomViewOf({ standing: 'invited' })
    },
    reach: surface => surface.page.getByRole('button', { name: 'Join' }).waitFor(),
  },
  'right to left': {
    script: host => {
      talk(host)
      host.messages.push(
        message(8, { mine: false, written: now, text: 'هذا هو السطر الأول، مع `code` و https://example.com/a' }),
        message(9, { mine: false, written: now, text: 'שלום, מה שלומך? **טוב**' }),
      )
      host.opened = {}
    },
    reach: drawn,
  },
}
