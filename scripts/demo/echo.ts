import { randomBytes } from 'node:crypto'
import type { MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import type { Person } from '../../test/support/team.ts'

/** Has `bot` answer each message that alice sends, once, until the returned function is called. */
export async function answerAll(bot: Person): Promise<() => void> {
  const answered = new Set<string>()
  const stop = bot.client.on('messages', ({ messages }) => {
    for (const message of messages) {
      if (message.mine || answered.has(message.message)) continue
      answered.add(message.message)
      void answer(bot, message)
    }
  })
  await bot.client.request('subscribeMessages', { with: 'alice' })
  return stop
}

/** What the bot says to `text`. */
export function answerTo(text: string): string {
  return `You said: ${text}`
}

async function answer(bot: Person, { name, text }: MessageInfo): Promise<void> {
  try {
    await bot.client.request('send', { to: name, text: answerTo(text), message: toText(randomBytes(16)) })
  } catch (error) {
    console.error(`bob could not answer: ${error instanceof Error ? error.message : error}`)
  }
}
