import type { Inline } from './content.ts'
import { Link, PlaceButton } from './pressable.tsx'

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
      return (
        <span class="text-mention" dir="ltr">
          {inline.text}
        </span>
      )
  }
}
