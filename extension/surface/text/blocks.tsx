import { memo } from 'preact/compat'
import { useRef } from 'preact/hooks'
import { CodeBlock } from './code-block.tsx'
import type { Block, Cell } from './content.ts'
import { Inlines } from './inlines.tsx'
import { useSideways } from './sideways.ts'

/** Blocks as elements. Each text finds its own direction. */
export const Blocks = memo(({ blocks }: { readonly blocks: readonly Block[] }) => (
  <>
    {blocks.map((block, index) => (
      <OneBlock key={index} block={block} />
    ))}
  </>
))

function OneBlock({ block }: { readonly block: Block }) {
  switch (block.is) {
    case 'paragraph':
      return (
        <p dir="auto">
          <Inlines inlines={block.children} />
        </p>
      )
    case 'heading':
      // Not an h1 to h6: the headings of a message are none of the page.
      return (
        <p class="text-heading" dir="auto">
          <Inlines inlines={block.children} />
        </p>
      )
    case 'quote':
      return (
        <blockquote dir="auto">
          <Blocks blocks={block.children} />
        </blockquote>
      )
    case 'list':
      return <List block={block} />
    case 'fence':
      return <CodeBlock fence={block} />
    case 'table':
      return <Table block={block} />
    case 'rule':
      return <hr />
    case 'plain':
      return (
        <p class="text-plain" dir="auto">
          <Inlines inlines={block.children} />
        </p>
      )
  }
}

function List({ block: { start, items } }: { readonly block: Block & { is: 'list' } }) {
  const children = items.map((blocks, index) => (
    <li key={index} dir="auto">
      <Blocks blocks={blocks} />
    </li>
  ))
  return start === undefined ? (
    <ul dir="auto">{children}</ul>
  ) : (
    <ol dir="auto" start={start}>
      {children}
    </ol>
  )
}

function Table({ block: { head, rows } }: { readonly block: Block & { is: 'table' } }) {
  const element = useRef<HTMLDivElement>(null)
  const tabIndex = useSideways(element)
  return (
    <div class="text-table" ref={element} tabIndex={tabIndex}>
      <table>
        <thead>
          <tr>
            {head.map((cell, index) => (
              <OneCell key={index} cell={cell} isHead />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, index) => (
                <OneCell key={index} cell={cell} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function OneCell({ cell: { align, children }, isHead }: { readonly cell: Cell; readonly isHead?: boolean }) {
  const Tag = isHead ? 'th' : 'td'
  return (
    <Tag class={align && `is-${align}`} dir="auto">
      <Inlines inlines={children} />
    </Tag>
  )
}
