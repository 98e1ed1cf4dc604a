import { type LinkedMessage, readMessageLink } from './message-link.ts'

/** Where a link in a message leads: out of the editor, to the box that joins teams, or to another message. */
export type Link =
  | { readonly is: 'outside' | 'join'; readonly href: string }
  | { readonly is: 'message'; readonly to: LinkedMessage }

/** `undefined`: not a link that a message may open. Commands, files and the editor's own links are none. */
export function readLink(href: string): Link | undefined {
  // What URL drops silently (tabs, line breaks, spaces around) must not hide where it leads.
  if (/[\p{Cc}\s]/u.test(href) || !URL.canParse(href)) return undefined
  const { protocol } = new URL(href)
  if (protocol === 'http:' || protocol === 'https:' || protocol === 'mailto:') return { is: 'outside', href }
  const { host, pathname: path, search } = new URL(href)
  const to = host === 'parley.parley-chat' ? readMessageLink({ path, query: search.slice(1) }) : undefined
  if (to) return { is: 'message', to }
  return protocol === 'parley:' ? { is: 'join', href } : undefined
}
