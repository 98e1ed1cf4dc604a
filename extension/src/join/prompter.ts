/** How a flow asks a person: one box at the top of the window, that stays while they look something up elsewhere. */
export interface Prompter {
  ask(question: Question): Promise<Answer<string>>
  /** The same, with other ways to go on. */
  askOr<Other>(
    question: Question,
    others: readonly OtherWay<Other>[],
  ): Promise<Answer<string> | { readonly is: 'other'; readonly value: Other }>
  choose<Value>(question: Choosing<Value>): Promise<Answer<Value>>
  /** Opens a page in the person's browser. Gives whether that was done. */
  open(address: string): Promise<boolean>
  /** Takes the box away and shows what is being done instead, until it is. */
  during<Result>(title: string, run: () => Promise<Result>): Promise<Result>
}

/** What one may do instead of answering: a button in the title of the box. */
export interface OtherWay<Value> {
  readonly label: string
  /** A codicon. */
  readonly icon: string
  readonly value: Value
}

export type Answer<Value> =
  | { readonly is: 'next'; readonly value: Value }
  /** `text`: what was typed so far. */
  | { readonly is: 'back'; readonly text: string }
  | { readonly is: 'cancel' }

/** Where in a flow a question stands. */
export interface Place {
  readonly title: string
  /** From 1. */
  readonly step: number
  readonly steps: number
  readonly canGoBack: boolean
}

export interface Question extends Place {
  readonly prompt: string
  readonly placeholder?: string
  /** What is in the box at first. */
  readonly text: string
  readonly isSecret?: boolean
  /** What is wrong, shown until something else is typed. */
  readonly problem?: string | undefined
  /** What there is to say to what is being typed; a fault keeps it from being taken. */
  readonly look?: (text: string) => Remark | undefined
  /** Takes the answer; the box is busy meanwhile. A rejection is shown in it, and what was typed stays. */
  readonly take?: (text: string, signal: AbortSignal) => Promise<void>
  /** Whether `text` is taken at once, as if it had been typed. */
  readonly takesAtOnce?: boolean
}

export interface Remark {
  readonly is: 'fault' | 'hint'
  readonly words: string
}

export interface Choosing<Value> extends Place {
  readonly placeholder: string
  readonly choices: readonly Choice<Value>[]
}

export interface Choice<Value> {
  readonly label: string
  readonly description?: string
  readonly detail?: string
  readonly value: Value
}
