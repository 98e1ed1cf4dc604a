import { limits } from '../limits.ts'

/**
 * The target of a link as the browser will see it, or `undefined` where it may not be one: only web and mail addresses and
 * links to messages are, so that no text can run a command, a script or a file.
 */
export function safeHref(written: string): string | undefined {
  if (written.length > limits.href || hasHidden.test(written) || !URL.canParse(written)) return undefined
  const url = new URL(written)
  const isWeb = (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname !== ''
  const isMail = url.protocol === 'mailto:' && url.pathname.includes('@')
  // An editor's link to a message: the extension opens it, no other program.
  const isMessage = leadsToMessage(written)
  return (isWeb || isMail || isMessage) && url.href.length <= limits.href ? url.href : undefined
}

/**
 * The host to show beside a link because its text could be taken for another address: the text names another host, the host
 * has letters that look like others (it is shown as the network knows it), or what stands before an @ looks like the host.
 */
export function hostToShow(href: string, text: string): string | undefined {
  const url = new URL(href)
  const host = url.host || (url.pathname.split('@').at(-1) ?? '')
  if (url.username || url.password || host.includes('xn--')) return host
  const seen = text.normalize('NFKC').replace(unseen, '')
  const named = [...seen.matchAll(hostLike)].map(([, scheme]) => scheme ?? '')
  return named.some(name => plain(name) !== plain(host)) ? host : undefined
}

/** Whether it is an editor's link to a message: of VS Code, or of one made from it. */
export function leadsToMessage(href: string): boolean {
  return messageLink.test(href)
}

/** What editors with this extension call themselves in links: theirs are found in what people write. */
export const editorSchemes: readonly string[] = [
  'vscode',
  'vscode-insiders',
  'vscodium',
  'code-oss',
  'cursor',
  'windsurf',
  'positron',
]

const messageLink = new RegExp(`^(?:${editorSchemes.join('|')})://parley\\.parley-chat/message\\?[\\w=&%.-]+$`)

/** Without what does not make it another site. */
function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^www\./, '')
    .replace(/:(?:80|443)$/, '')
}

const hasHidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s\\]/u
const unseen = /[\p{Cf}\p{Cc}]/gu
// What a reader takes for the host: what follows `//`, or words joined by dots that begin a word.
const hostLike =
  /(?<![\p{L}\p{N}._@/-])(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^\s@/]{1,100}@)?([\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,9}\.[\p{L}\p{N}-]{2,63}(?::\d{1,5})?)(?=[/?#\s)\],;:!'"]|\.?$|\.\s)/giu
