/**
 * What a message can be shown as. This is all there is: nothing in it can name an element, an attribute or a style, so
 * whatever a message says, it cannot load or run anything.
 */
import type { Place } from '../../src/chat/messages.ts'

export type Inline =
  | Text
  | Mark
  | { readonly is: 'break' }
  | { readonly is: 'strong' | 'emphasis' | 'strike'; readonly children: readonly Inline[] }
  /** `place`: where the whole of it names a place in a file. */
  | { readonly is: 'code'; readonly children: readonly (Text | Mark)[]; readonly place?: Place }
  /** `host`: the target's, where the text could be taken for another. */
  | { readonly is: 'link'; readonly href: string; readonly host?: string; readonly children: readonly Inline[] }
  | { readonly is: 'place'; readonly place: Place; readonly text: string }
  | { readonly is: 'mention'; readonly text: string }

export interface Text {
  readonly is: 'text'
  readonly text: string
}

/** A stand-in for characters that cannot be seen or that turn the text around. */
export interface Mark {
  readonly is: 'mark'
  readonly text: string
}

export type Block =
  | { readonly is: 'paragraph' | 'heading'; readonly children: readonly Inline[] }
  | { readonly is: 'quote'; readonly children: readonly Block[] }
  | { readonly is: 'list'; readonly start?: number; readonly items: readonly (readonly Block[])[] }
  | Fence
  | { readonly is: 'table'; readonly head: readonly Cell[]; readonly rows: readonly (readonly Cell[])[] }
  | { readonly is: 'rule' }
  /** Text as it was written, with its line breaks: what is too much to be read as markdown. */
  | { readonly is: 'plain'; readonly children: readonly (Text | Mark)[] }

export interface Fence {
  readonly is: 'fence'
  /** What the writer called the language; empty: nothing. */
  readonly language: string
  /** Where the code comes from. */
  readonly place?: Place
  readonly code: string
  /** The whole code, for the clipboard, where only its beginning is shown. */
  readonly whole?: string
}

export interface Cell {
  readonly align?: 'start' | 'center' | 'end'
  readonly children: readonly Inline[]
}
