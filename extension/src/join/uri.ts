import { findParleyLink } from '@parley/daemon/protocol/pasted'

/** The parts of an editor's link as VS Code hands them over, decoded once. */
export interface LinkUri {
  readonly path: string
  readonly query: string
  readonly fragment: string
}

/** The `parley:` link in an editor's link to `join`; undefined for any other link, and for one that is cut or mistyped. */
export function linkInUri({ path, query, fragment }: LinkUri): string | undefined {
  if (!/^\/join\/?$/.test(path)) return undefined
  const link = new URLSearchParams(query).get('link')?.trim() ?? ''
  // A program that decoded the link on its way has made the code a fragment of the whole.
  const whole = link.includes('#') || fragment === '' ? link : `${link}#${fragment}`
  if (!/^parley:\/\/\S+$/i.test(whole)) return undefined
  return findParleyLink(whole)
}
