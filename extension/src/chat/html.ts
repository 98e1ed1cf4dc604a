import { page, quoted, staticPage } from '../shared/static-page.ts'

/** What the page of a chat surface is made from. */
export interface PageParts {
  readonly script: string
  readonly style: string
  /** The editor's language, as BCP 47. */
  readonly language: string
  /** New for each load: whoever cannot guess it loads nothing here. */
  readonly nonce: string
}

/**
 * The page of a chat surface. It shows what others wrote, so it may do nothing but run our one script and use our one
 * style sheet: no request, font, frame, form or inline code, whatever a message says, and no picture but those whose
 * bytes the script has been given. The script styles
 * elements through the CSSOM, which the policy lets through (CSP 3, section 6.7).
 */
export function chatPage({ script, style, language, nonce }: PageParts): string {
  return page({
    language,
    allowed: [`script-src 'nonce-${nonce}'`, `style-src 'nonce-${nonce}'`, 'img-src data:'],
    head: `<link rel="stylesheet" nonce="${quoted(nonce)}" href="${quoted(style)}">`,
    body: `<script nonce="${quoted(nonce)}" src="${quoted(script)}"></script>`,
  })
}

/** What the page of a side bar without a chat says. */
export interface EmptyParts extends Pick<PageParts, 'language' | 'nonce'> {
  readonly text: string
  readonly button: string
  /** The one command that the webview lets a link run. */
  readonly command: string
}

/** The page of a side bar without a chat: it runs no script, and leads to one next step. */
export function emptyPage({ text, button, command, language, nonce }: EmptyParts): string {
  return staticPage({
    language,
    nonce,
    style: '',
    body: `<p>${quoted(text)}</p>\n<a class="button" href="${quoted(`command:${command}`)}">${quoted(button)}</a>`,
  })
}
