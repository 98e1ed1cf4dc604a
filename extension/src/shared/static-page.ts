/** A page of our own words for a webview, with no script. */
export interface StaticPage {
  /** The editor's language, as BCP 47. */
  readonly language: string
  /** New for each load: whoever cannot guess it loads nothing here. */
  readonly nonce: string
  readonly style: string
  /** HTML: whatever of it is not ours goes through {@link quoted} first. */
  readonly body: string
}

/** The page: it runs nothing and loads nothing; its links are commands, which the webview has to allow one by one. */
export function staticPage({ language, nonce, style, body }: StaticPage): string {
  const head = `<style nonce="${quoted(nonce)}">
body { padding: 10px 20px; color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); }
p { margin: 0 0 13px; line-height: 1.4; }
a:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }
.button { display: block; max-width: 300px; padding: 4px 8px; box-sizing: border-box; border-radius: 2px; text-align: center;
  color: var(--vscode-button-foreground); background: var(--vscode-button-background); text-decoration: none;
  border: 1px solid var(--vscode-button-border, transparent); }
.button:hover { color: var(--vscode-button-foreground); background: var(--vscode-button-hoverBackground); }
${style}
</style>`
  return page({ language, allowed: [`style-src 'nonce-${nonce}'`], head, body })
}

/** What every page for a webview has in common: it may load nothing but what `allowed`, directives of CSP, names. */
export function page(parts: {
  /** The editor's language, as BCP 47. */
  readonly language: string
  readonly allowed: readonly string[]
  /** HTML, as `body`. */
  readonly head: string
  readonly body: string
}): string {
  const { language, allowed, head, body } = parts
  const policy = ["default-src 'none'", ...allowed, "base-uri 'none'", "form-action 'none'"].join('; ')
  return `<!DOCTYPE html>
<html lang="${quoted(language)}" dir="${isRightToLeft(language) ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${quoted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley</title>
${head}
</head>
<body>
${body}
</body>
</html>
`
}

/** Text as HTML. */
export function quoted(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}

function isRightToLeft(language: string): boolean {
  return /^(?:ar|dv|fa|he|ku|ps|sd|ug|ur|yi)\b/i.test(language)
}
