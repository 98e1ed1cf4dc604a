/** How people sign in: by a password that the registry never sees, or by what the registry asks them. */
export type SignInWay = 'password' | 'prompts'

/** What a registry asks a person, made fit to be shown. */
export interface PromptInfo {
  /** Names it in `answerPrompt`. */
  readonly prompt: string
  /** Whoever asks, as it calls itself: it sees the answer. */
  readonly team: string
  /** A question, which may have several lines; of a `link`, an https address to be opened in a browser. */
  readonly text: string
  /** `secret`: the answer must not show. `link`: the answer is what the page has given, or empty. */
  readonly kind: 'secret' | 'text' | 'link'
}

/** Asks a person. Rejects when they give it up, and when `signal` is aborted. */
export type AskPerson = (asked: Omit<PromptInfo, 'prompt'>, signal: AbortSignal) => Promise<string>
