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
 * style sheet: no request, picture, font, frame, form or inline code, whatever a message says. The script styles
 * elements through the CSSOM, which the policy lets through (CSP 3, section 6.7).
 */
export function chatPage({ script, style, language, nonce }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!DOCTYPE html>
<html lang="${quoted(language)}" dir="${isRightToLeft(language) ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${quoted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley</title>
<link rel="stylesheet" nonce="${quoted(nonce)}" href="${quoted(style)}">
</head>
<body>
<script nonce="${quoted(nonce)}" src="${quoted(script)}"></script>
</body>
</html>
`
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
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`
  return `<!DOCTYPE html>
<html lang="${quoted(language)}" dir="${isRightToLeft(language) ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${quoted(policy)}">
<title>Parley</title>
<style nonce="${quoted(nonce)}">
body { padding: 10px 20px; color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); }
p { margin: 0 0 13px; line-height: 1.4; }
a { display: block; max-width: 300px; padding: 4px 8px; box-sizing: border-box; border-radius: 2px; text-align: center;
  color: var(--vscode-button-foreground); background: var(--vscode-button-background); text-decoration: none;
  border: 1px solid var(--vscode-button-border, transparent); }
a:hover { color: var(--vscode-button-foreground); background: var(--vscode-button-hoverBackground); }
a:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }
</style>
</head>
<body>
<p>${quoted(text)}</p>
<a href="${quoted(`command:${command}`)}">${quoted(button)}</a>
</body>
</html>
`
}

function isRightToLeft(language: string): boolean {
  return /^(?:ar|dv|fa|he|ku|ps|sd|ug|ur|yi)\b/i.test(language)
}

function quoted(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}
