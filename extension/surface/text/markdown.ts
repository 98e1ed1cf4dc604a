import Parser, { type MarkdownIt, type Token } from 'markdown-it'
import { limits } from '../limits.ts'
import type { Block, Cell } from './content.ts'
import { readFence } from './fence.ts'
import { readInline } from './inline.ts'
import { editorSchemes, safeHref } from './links.ts'
import { markProse } from './marks.ts'

/**
 * A piece of a message as blocks. What is too much to be shown as markdown (nested too deep, too many elements, a paragraph
 * or table too large) is given as it was written; nothing is ever left out.
 *
 * @param elements how many elements it may become
 */
export function readMarkdown(source: string, elements: number): { blocks: readonly Block[]; elements: number } {
  const plain = { blocks: [readPlain(source)], elements: 1 }
  if (elements <= 0 || longest(source) > limits.section || tooDeep.test(source)) return plain
  const tokens = markdown.parse(source, {})
  const count = tokens.reduce((sum, token) => sum + (token.children?.length ?? 0) + 1, 0)
  if (count > elements || tokens.some(({ level }) => level > deepest)) return plain
  return { blocks: new Reader(source, tokens).blocks(0), elements: count }
}

/** Text as it was written. */
export function readPlain(text: string): Block {
  return { is: 'plain', children: markProse(text) }
}

/** The longest run of lines without an empty one, fences apart: what markdown-it reads as one. */
function longest(source: string): number {
  if (source.length <= limits.section) return 0
  return Math.max(...source.split(/\n[ \t]*\n/).map(part => (/^ {0,3}(?:```|~~~)/.test(part) ? 0 : part.length)))
}

// A line that begins with many marks of quotes and lists; markdown-it leaves out what is nested too deep for it.
const tooDeep = /^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])){20}/m
const deepest = 80
const markdown = parser()

/** What a chat needs of markdown. It keeps nothing of what it reads. */
function parser(): MarkdownIt {
  const md = new Parser({ html: false, linkify: true, breaks: true })
  // Not wanted: definitions of links, which are not shown; headings by underlining, which people write as a line; entities,
  // since who writes `&lt;` means that; and joining what was escaped, which `inline.ts` does with the paths of Windows in mind.
  md.disable(['reference', 'lheading', 'entity', 'text_join'])
  // Only whole addresses become links: `main.py`, `lib.rs` and `README.md` would be hosts in Paraguay, Serbia and Moldova.
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false }).add('ftp:', null).add('//', null)
  for (const scheme of editorSchemes) md.linkify.add(`${scheme}:`, { validate: lengthOfMessageLink })
  md.validateLink = href => safeHref(href) !== undefined
  // As written: the parser's own way shows xn--… as letters that may look like others.
  md.normalizeLinkText = text => text
  return md
}

/** How long the rest of a link to a message is, behind its scheme; 0: it is none. */
function lengthOfMessageLink(text: string, from: number): number {
  const rest = text.slice(from, from + limits.href)
  return /^\/\/parley\.parley-chat\/message\?[\w=&%.-]*[\w=&%-]/.exec(rest)?.[0].length ?? 0
}

/** Reads blocks from the parser's flat list of tokens. */
class Reader {
  readonly #source: string
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source
    this.#tokens = tokens
  }

  /** Up to the token that closes what holds them, which is passed. */
  blocks(depth: number): Block[] {
    const found: Block[] = []
    for (let token = this.#take(); token && token.nesting >= 0; token = this.#take()) {
      found.push(...this.#block(token, depth))
    }
    return found
  }

  #block(token: Token, depth: number): readonly Block[] {
    switch (token.type) {
      case 'paragraph_open':
        return [{ is: 'paragraph', children: this.#inline() }]
      case 'heading_open':
        return [{ is: 'heading', children: this.#inline() }]
      case 'blockquote_open': {
        const children = this.blocks(depth + 1)
        return depth < limits.blockDepth ? [{ is: 'quote', children }] : children
      }
      case 'bullet_list_open':
      case 'ordered_list_open':
        return this.#list(token, depth)
      case 'fence':
        return [readFence(token.info, token.content)]
      case 'code_block':
        return [readFence('', token.content)]
      case 'table_open':
        return [this.#table(token)]
      case 'hr':
        return [{ is: 'rule' }]
      default:
        return token.content ? [readPlain(token.content)] : []
    }
  }

  #list(opened: Token, depth: number): readonly Block[] {
    const items: (readonly Block[])[] = []
    for (let token = this.#take(); token && token.nesting > 0; token = this.#take()) items.push(this.blocks(depth + 1))
    if (depth >= limits.blockDepth) return items.flat()
    const start = Number(opened.attrGet('start') ?? 1)
    return [{ is: 'list', items, ...(opened.type === 'ordered_list_open' && { start }) }]
  }

  #table({ map }: Token): Block {
    const rows: Cell[][] = []
    for (let token = this.#take(); token && token.type !== 'table_close'; token = this.#take()) {
      if (token.type === 'tr_open') rows.push([])
      else if (isCell(token)) rows.at(-1)?.push({ ...alignment(token), children: this.#inline() })
    }
    const [head = [], ...others] = rows
    if (map && head.length > limits.columns)
      return readPlain(
        this.#source
          .split('\n')
          .slice(...map)
          .join('\n'),
      )
    return { is: 'table', head, rows: others }
  }

  /** The text of a paragraph, heading or cell, and past the token that closes it. */
  #inline(): ReturnType<typeof readInline> {
    const token = this.#take()
    this.#take()
    return readInline(token?.children ?? [])
  }

  #take(): Token | undefined {
    return this.#tokens[this.#next++]
  }
}

function isCell({ type }: Token): boolean {
  return type === 'th_open' || type === 'td_open'
}

function alignment(cell: Token): Pick<Cell, 'align'> {
  const align = /text-align:(\w+)/.exec(String(cell.attrGet('style')))?.[1]
  if (align === 'center') return { align }
  if (align === 'right') return { align: 'end' }
  return align === 'left' ? { align: 'start' } : {}
}
