/** Where a link in a message leads: out of the editor, or to the box that joins teams. */
export type Link = { readonly is: 'outside' | 'join'; readonly href: string }

/** `undefined`: not a link that a message may open. Commands, files and the editor's own links are none. */
export function readLink(href: string): Link | undefined {
  // What URL drops silently (tabs, line breaks, spaces around) must not hide where it leads.
  if (/[\p{Cc}\s]/u.test(href) || !URL.canParse(href)) return undefined
  const { protocol } = new URL(href)
  if (protocol === 'http:' || protocol === 'https:' || protocol === 'mailto:') return { is: 'outside', href }
  return protocol === 'parley:' ? { is: 'join', href } : undefined
}
