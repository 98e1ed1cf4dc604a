import * as l10n from '@vscode/l10n'
import { useContext } from 'preact/hooks'
import { everybody } from '../model/mentions.ts'
import { Icon } from '../style/icon.tsx'
import type { Inline } from './content.ts'
import { leadsToMessage } from './links.ts'
import { ActionsOf, Link, PlaceButton } from './pressable.tsx'

/** The text of a paragraph as elements. */
export function Inlines({ inlines }: { readonly inlines: readonly Inline[] }) {
  return (
    <>
      {inlines.map((inline, index) => (
        <OneInline key={index} inline={inline} />
      ))}
    </>
  )
}

/** Somebody's name; one's own, and everybody's, stands out. */
function Mention({ text }: { readonly text: string }) {
  const { self } = useContext(ActionsOf)
  const name = text.slice(1).toLowerCase()
  const isMe = name !== '' && (name === self || name === everybody)
  return (
    <span class={isMe ? 'text-mention is-me' : 'text-mention'} dir="ltr">
      {text}
    </span>
  )
}

/** A link to a message that stands there by itself. */
function MessageLink({ href }: { readonly href: string }) {
  return (
    <Link href={href} title={l10n.t('Show that message')}>
      <Icon name="comment-discussion" />
      {l10n.t('a message')}
    </Link>
  )
}

/** Whether the text of a link is where it leads, and no words. */
function isWritten({ href, children: [first, ...more] }: Extract<Inline, { is: 'link' }>): boolean {
  return first?.is === 'text' && first.text === href && more.length === 0
}

function OneInline({ inline }: { readonly inline: Inline }) {
  switch (inline.is) {
    case 'text':
      return <>{inline.text}</>
    case 'mark':
      return <span class="text-mark">{inline.text}</span>
    case 'break':
      return <br />
    case 'strong':
      return (
        <strong>
          <Inlines inlines={inline.children} />
        </strong>
      )
    case 'emphasis':
      return (
        <em>
          <Inlines inlines={inline.children} />
        </em>
      )
    case 'strike':
      return (
        <s>
          <Inlines inlines={inline.children} />
        </s>
      )
    case 'code': {
      const code = (
        <code dir="ltr">
          <Inlines inlines={inline.children} />
        </code>
      )
      return inline.place ? <PlaceButton place={inline.place}>{code}</PlaceButton> : code
    }
    case 'link':
      // Ids that nobody reads would fill lines.
      if (leadsToMessage(inline.href) && isWritten(inline)) return <MessageLink href={inline.href} />
      return (
        <>
          <Link href={inline.href}>
            <Inlines inlines={inline.children} />
          </Link>
          {inline.host && <span class="text-host"> ({inline.host})</span>}
        </>
      )
    case 'place':
      return <PlaceButton place={inline.place}>{inline.text}</PlaceButton>
    case 'mention':
      return <Mention text={inline.text} />
  }
}
