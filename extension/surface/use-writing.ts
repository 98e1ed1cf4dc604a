import * as l10n from '@vscode/l10n'
import { useCallback, useMemo, useState } from 'preact/hooks'
import type { Enclosed, Quote } from '../src/chat/messages.ts'
import type { Chat } from './chat/chat.ts'
import { sentence } from './chat/pages.ts'
import { limits } from './limits.ts'
import { mentionsIn } from './model/mentions.ts'
import type { People } from './model/people.ts'
import { plainText } from './model/plain.ts'
import type { Row } from './model/rows.ts'
import type { ComposerContext } from './parts.ts'

/** What is being written: a message, an answer to one, or one's own message anew. */
export interface Writing {
  readonly reply: (row: Row) => void
  readonly edit: (row: Row) => void
  /** Edits the latest message of one’s own, also one that is still on its way to the hub; false when there is none. */
  readonly editLast: (rows: readonly Row[]) => boolean
  readonly context: ComposerContext | undefined
  readonly enclosed: Enclosed
  /** What the composer shows, where `saved` is what was being written before. */
  readonly draft: (saved: string) => string
  readonly wrote: (text: string) => void
  /** Whether that was an edit: then it is with the hub. Else it is to be sent. */
  readonly send: (text: string) => boolean
  /** What was to be sent has been. */
  readonly sent: () => void
}

/** Knows what the words in the composer are for. What is written anew leaves the draft as it is. */
export function useWriting(chat: Chat, people: People, write: () => void): Writing {
  const [quote, setQuote] = useState<Quote>()
  const [editing, setEditing] = useState<Editing>()

  const cancel = useCallback(() => {
    setQuote(undefined)
    setEditing(undefined)
    write()
  }, [write])
  const reply = useCallback(
    (row: Row) => {
      setEditing(undefined)
      setQuote(quoteOf(row, people))
      write()
    },
    [people, write],
  )
  const edit = useCallback(
    ({ message, text }: Row) => {
      setQuote(undefined)
      setEditing({ message, before: text, text })
      write()
    },
    [write],
  )
  const enclosed = useMemo(() => (quote ? { replyTo: quote } : {}), [quote])

  return {
    reply,
    edit,
    editLast: rows => {
      const last = rows.findLast(row => row.mine && isText(row))
      if (last) edit(last)
      return last !== undefined
    },
    context: contextOf(quote, editing, cancel),
    enclosed,
    draft: saved => editing?.text ?? saved,
    wrote: text => {
      if (editing) return setEditing({ ...editing, text })
      chat.typing.wrote(text)
      chat.draft.write(text)
    },
    sent: () => setQuote(undefined),
    send: text => {
      if (!editing || text === '') return false
      setEditing(undefined)
      if (text === editing.before) return true
      chat.acts
        .edit(editing.message, text, mentionsIn(text, people))
        .catch(error => setEditing({ ...editing, text, problem: sentence(error) }))
      return true
    },
  }
}

interface Editing {
  readonly message: string
  readonly before: string
  readonly text: string
  readonly problem?: string
}

function contextOf(
  quote: Quote | undefined,
  editing: Editing | undefined,
  onCancel: () => void,
): ComposerContext | undefined {
  if (editing) {
    const { before, problem } = editing
    const text = plainText(before, limits.quoted)
    return { icon: 'edit', label: l10n.t('Edit your message'), text, problem, onCancel }
  }
  if (!quote) return undefined
  return { icon: 'reply', label: l10n.t('Reply to {0}', quote.name), text: quote.text ?? '', onCancel }
}

function quoteOf({ user, message, name, text, files = [], position }: Row, people: People): Quote {
  const words = plainText(text, limits.quoted) || files.map(file => file.name).join(', ')
  const quoted = plainText(words, limits.quoted)
  return { user, message, name: people.nameOf(user, name), text: quoted, ...(position !== undefined && { position }) }
}

function isText({ event, isDeleted, text }: Row): boolean {
  return event === undefined && !isDeleted && text !== ''
}
