import { until } from '../wait.ts'
import { conversationOf, message, now, positionOf, viewOf } from './messages.ts'
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
