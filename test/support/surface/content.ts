import type { Block, Inline } from '../../../extension/surface/text/content.ts'

/** All that is said in blocks, a line each. */
export function saidBy(blocks: readonly Block[]): string {
  return blocks.map(saidByBlock).join('\n')
}

/** Every inline of blocks, those within others too. */
export function inlinesOf(blocks: readonly Block[]): Inline[] {
  return blocks.flatMap(block => {
    switch (block.is) {
      case 'paragraph':
      case 'heading':
      case 'plain':
        return block.children.flatMap(within)
      case 'quote':
        return inlinesOf(block.children)
      case 'list':
        return block.items.flatMap(inlinesOf)
      case 'table':
        return [block.head, ...block.rows].flat().flatMap(cell => cell.children.flatMap(within))
      default:
        return []
    }
  })
}

function within(inline: Inline): Inline[] {
  return 'children' in inline ? [inline, ...inline.children.flatMap(within)] : [inline]
}

function saidByBlock(block: Block): string {
  if (block.is === 'fence') return [block.language, block.place?.path ?? '', block.code].join(' ')
  if (block.is === 'quote') return saidBy(block.children)
  if (block.is === 'list') return block.items.map(saidBy).join('\n')
  return inlinesOf([block])
    .map(inline => ('text' in inline ? inline.text : inline.is === 'link' ? ` ${inline.href} ` : ''))
    .join('')
}
