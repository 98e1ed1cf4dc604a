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

function isRightToLeft(language: string): boolean {
  return /^(?:ar|dv|fa|he|ku|ps|sd|ug|ur|yi)\b/i.test(language)
}

function quoted(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}
