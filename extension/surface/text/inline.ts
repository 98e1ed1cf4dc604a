import type { Token } from 'markdown-it'
import { limits } from '../limits.ts'
import type { Inline } from './content.ts'
import { hostToShow, safeHref } from './links.ts'
import { markCode, markProse } from './marks.ts'
import { readPlace } from './places.ts'
import { readProse } from './prose.ts'

/** The text of one paragraph, from the parser's tokens of it. */
export function readInline(tokens: readonly Token[]): readonly Inline[] {
  const root: Element = { is: 'root', children: [], text: '' }
  const open = [root]
  for (const token of tokens) {
    const holder = open.at(-1) ?? root
    const text = textOf(token)
    if (text !== undefined) holder.text += text
    else if (token.nesting > 0) open.push(elementOf(token))
    else if (token.nesting < 0) close(open)
    else add(holder, leafOf(token, open.some(isLink)), open)
  }
  while (open.length > 1) close(open)
  endText(root, open)
  return root.children
}

/** An element whose end has not come yet. `text`: the text at its end, which comes in parts and is looked at as a whole. */
interface Element {
  readonly is: 'root' | 'strong' | 'emphasis' | 'strike' | 'link' | 'nothing'
  readonly href?: string
  readonly children: Inline[]
  text: string
}

function isLink({ is }: Element): boolean {
  return is === 'link'
}

function textOf({ type, content, markup }: Token): string | undefined {
  if (type === 'text') return content
  // Only what would be markdown is escaped by a backslash; in a path of Windows it is a part of the path.
  if (type === 'text_special') return /^\\[*_`~[\]#>|]$/.test(markup) ? content : markup
  return undefined
}

function elementOf(token: Token): Element {
  const empty = { children: [], text: '' }
  if (token.type === 'strong_open') return { is: 'strong', ...empty }
  if (token.type === 'em_open') return { is: 'emphasis', ...empty }
  if (token.type === 's_open') return { is: 'strike', ...empty }
  const href = token.type === 'link_open' && safeHref(String(token.attrGet('href')))
  return href ? { is: 'link', href, ...empty } : { is: 'nothing', ...empty }
}

function close(open: Element[]): void {
  const element = open.length > 1 ? open.pop() : undefined
  const holder = open.at(-1)
  if (!element || !holder) return
  endText(element, [...open, element])
  const { is, href, children } = element
  const isTooDeep = open.length > limits.inlineDepth
  if (is === 'link' && href && children.length > 0) add(holder, [linkOf(href, children)], open)
  else if (is === 'root' || is === 'nothing' || is === 'link' || isTooDeep) add(holder, children, open)
  else add(holder, [{ is, children }], open)
}

function add(holder: Element, children: readonly Inline[], open: readonly Element[]): void {
  endText(holder, open)
  holder.children.push(...children)
}

function endText(element: Element, open: readonly Element[]): void {
  if (!element.text) return
  element.children.push(...(open.some(isLink) ? markProse(element.text) : readProse(element.text)))
  element.text = ''
}

function leafOf(token: Token, isInLink: boolean): readonly Inline[] {
  if (token.type === 'softbreak' || token.type === 'hardbreak') return [{ is: 'break' }]
  if (token.type === 'code_inline') {
    const place = isInLink ? undefined : readPlace(token.content)
    return [{ is: 'code', children: markCode(token.content), ...(place && { place }) }]
  }
  if (token.type === 'image') return imageOf(token, isInLink)
  return token.content ? markProse(token.content) : []
}

/** A picture is never loaded: a link with its words says that there is one. */
function imageOf(token: Token, isInLink: boolean): readonly Inline[] {
  const href = safeHref(String(token.attrGet('src')))
  const words = token.content.trim() ? markProse(token.content) : markProse(href ?? '')
  return href && !isInLink ? [linkOf(href, words)] : words
}

function linkOf(href: string, children: readonly Inline[]): Inline {
  const host = hostToShow(href, plainText(children))
  return { is: 'link', href, children, ...(host && { host }) }
}

function plainText(children: readonly Inline[]): string {
  return children
    .map(child => {
      if ('text' in child) return child.text
      return 'children' in child ? plainText(child.children) : ' '
    })
    .join('')
}
