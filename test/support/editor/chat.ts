import type { FrameLocator, Locator } from 'playwright-core'
import { until } from '../wait.ts'
import type { EditorWindow } from './window.ts'

/** A chat as it shows in a window, used by what a person sees of it. */
export class Chat {
  readonly frame: FrameLocator

  constructor(frame: FrameLocator) {
    this.frame = frame
  }

  /** Where one writes. */
  get composer(): Locator {
    return this.frame.getByRole('textbox', { name: /^Message / })
  }

  /** Writes `text` and presses Enter. */
  async say(text: string): Promise<void> {
    await this.composer.fill(text)
    await this.composer.press('Enter')
  }

  /** The messages with just this text that are drawn. */
  message(text: string): Locator {
    return this.frame.getByRole('article').filter({ has: this.frame.getByText(text, { exact: true }) })
  }

  /** The texts of the messages that are drawn, in their order. */
  texts(): Promise<string[]> {
    return this.frame.locator('article .message-text').allInnerTexts()
  }

  /** Waits until one message of mine is `state`, as {@link there}. */
  async stands(text: string, state: string | RegExp): Promise<void> {
    await this.message(text).getByText(state).waitFor()
  }
}

/** What a message says that a device of the other one has; whether it was read is up to what they look at. */
export const there = /^(?:Delivered|Read)$/

/** The chat with somebody, once its composer can be written in. */
export async function chatWith(window: EditorWindow, person: string): Promise<Chat> {
  const chat = new Chat(window.webview())
  await chat.frame.getByRole('textbox', { name: `Message ${person}` }).waitFor()
  return chat
}

/** Opens the chat with somebody from the list of chats, unless it is in sight already. */
export async function openChat(window: EditorWindow, person: string): Promise<Chat> {
  await window.showContainer('Parley')
  const composer = window.webview().getByRole('textbox', { name: `Message ${person}` })
  // A row that is drawn anew while the button is down takes no click: then a person clicks again.
  await until(
    `the chat with ${person}`,
    async () => {
      await window.row(new RegExp(`^${person}\\b`)).click()
      return composer.waitFor({ timeout: 10_000 }).then(
        () => true,
        () => false,
      )
    },
    30_000,
  )
  return chatWith(window, person)
}
