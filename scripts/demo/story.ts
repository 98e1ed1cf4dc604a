import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toText } from '../../daemon/src/protocol/ids.ts'
import type { Person } from '../../test/support/team.ts'
import type { DemoTeam } from './team.ts'

const retry = `import { setTimeout as pause } from 'node:timers/promises'

/** Runs \`task\` until it succeeds, at most \`times\` times, waiting twice as long after each failure. */
export async function retry<T>(task: () => Promise<T>, times: number, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task()
    } catch (error) {
      if (attempt === times) throw error
      const wait = jitter(attempt)
      await pause(wait, undefined, { signal })
      if (signal?.aborted) throw signal.reason
    }
  }
}

/** ms: 100, 200, 400 … each up to a quarter longer, so that not everybody comes back at once. */
export function jitter(attempt: number): number {
  return 100 * 2 ** (attempt - 1) * (1 + Math.random() / 4)
}
`

/** The files that both people have open, by their paths. */
export const projectFiles: Readonly<Record<string, string>> = {
  'README.md': '# Retry\n\nA small project for two people who talk about it in Parley.\n',
  'src/retry.ts': retry,
  'src/fetch-page.ts': `import { retry } from './retry.ts'

export async function fetchPage(address: string, signal?: AbortSignal): Promise<string> {
  return retry(async () => (await fetch(address, { signal })).text(), 3, signal)
}
`,
}

/** Makes somebody's copy of the project in `folder`. */
export function writeProject(folder: string): void {
  for (const [path, text] of Object.entries(projectFiles)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** Lines of a file of the project as Parley shares them. */
export function sharedLines(path: string, first: number, last: number): string {
  const lines = projectFiles[path]?.split('\n').slice(first - 1, last) ?? []
  return `\`\`\`typescript ${path}:${first}-${last}\n${lines.join('\n')}\n\`\`\``
}

/** What waits unread when the editors open, in the order in which it was written. */
export async function writeStory({ alice, bob }: DemoTeam): Promise<void> {
  await say(alice, 'bob', 'Morning! The retry test is **flaky** on CI. Is it the backoff or the clock?')
  await say(alice, 'bob', 'I pinned the seed, see `src/retry.ts:23`.')
  await say(
    bob,
    'alice',
    `The clock. It only fails when the timer fires *before* the abort:\n\n${sharedLines('src/retry.ts', 11, 13)}`,
  )
  await say(bob, 'alice', '@alice I can send a patch, 4 lines. Want it?')
}

async function say(from: Person, to: string, text: string): Promise<void> {
  const message = toText(randomBytes(16))
  const { conversation } = await from.client.request('send', { to, text, message })
  await from.client.request('waitDelivered', { conversation, message, timeout: 15_000 })
}
