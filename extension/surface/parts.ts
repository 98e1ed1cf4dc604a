/**
 * What the parts of the chat surface expect of each other. The app (`app.tsx`, `list/`, `states/`) uses the parts named
 * here; each lives in a file of its own: `text/message-text.tsx`, `composer/composer.tsx`, `header/header.tsx`,
 * `style/avatar.tsx`, `style/icon.tsx`, and `style/surface.css`, which styles the app's own elements as well.
 */
import type { Ref } from 'preact'
import type { ChatView, Place, SurfaceAction } from '../src/chat/messages.ts'
import type { IconName } from './icon-names.ts'
import type { People } from './model/people.ts'
import type { Attaching } from './use-attached.ts'

export type { IconName } from './icon-names.ts'

/** The text of one message: markdown as harmless elements, with code, links and places that can be pressed. */
export interface MessageTextProps {
  readonly text: string
  readonly mine: boolean
  /** One's own user name: where it is mentioned stands out. */
  readonly self?: string
  /** Whether the Tab key comes to what can be pressed in it; absent: it does. */
  readonly isTabStop?: boolean
  readonly onLink: (href: string) => void
  /** Opens the place; false when the workspace has no such file: the part says so where it was pressed. */
  readonly onPlace: (place: Place) => Promise<boolean>
  readonly onCopy: (text: string) => void
}

/** Where one writes. It shows `draft` and tells each change; the app keeps it. */
export interface ComposerProps {
  /** What is being written; what the app gives replaces what is shown, except while text is being composed (IME). */
  readonly draft: string
  /** The display name of whom one writes to. */
  readonly person: string
  /** The key that sends; the other one of Enter and Ctrl+Enter makes a new line, as Shift+Enter always does. */
  readonly sendWith: ChatView['sendWith']
  /** Whether it goes to a classic client, which takes short packets. */
  readonly isClassic: boolean
  /** Never called with nothing but white space, unless there are files. False: it is to stay. The app empties the draft. */
  readonly onSend: (text: string) => boolean
  readonly attaching: Attaching
  readonly onDraft: (text: string) => void
  /** The editor's selection as a fenced block, which the composer inserts; undefined: nothing is selected. */
  readonly onSelection: () => Promise<string | undefined>
  /** Up in an empty composer; false: there is nothing to edit. */
  readonly onEditLast: () => boolean
  /** What is written is an answer or an edit: what to, and how to give it up, which Escape does as well. */
  readonly context?: ComposerContext | undefined
  /** Whom `@` completes. */
  readonly people: Pick<People, 'others' | 'isRoom'>
  /** Escape and F6: the focus goes to the messages. */
  readonly onLeave: () => void
  /** Why nothing can be written now, in a sentence; absent: it can. */
  readonly disabled?: string | undefined
  readonly ref?: Ref<ComposerHandle>
}

export interface ComposerContext {
  readonly icon: IconName
  readonly label: string
  readonly text: string
  /** Why it could not be done, in a sentence. */
  readonly problem?: string | undefined
  readonly onCancel: () => void
}

export interface ComposerHandle {
  /** The cursor goes where it was, else to the end. */
  focus(): void
  /** Puts text at the cursor, a fenced block on lines of its own, and focuses. */
  insert(text: string): void
}

export interface HeaderProps {
  readonly view: ChatView
  /** The language of dates and times, as BCP 47. */
  readonly locale: string
  readonly act: (what: SurfaceAction) => void
}

/** Initials in a colour made from the user id; hidden from screen readers, the name stands beside it. */
export interface AvatarProps {
  readonly user: string
  readonly name: string
}

/** A codicon, 16 px, in the colour of the text around it; hidden from screen readers. */
export interface IconProps {
  readonly name: IconName
}
