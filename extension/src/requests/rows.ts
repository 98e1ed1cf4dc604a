import type { RequestInfo } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { digitRows } from '../shared/digits.ts'
import { oneLine } from '../shared/harmless.ts'
import { shownName } from '../shared/person.ts'
import { claimedName } from '../shared/seen.ts'

/** A chat request as the list shows it; every text is one harmless line. */
export interface RequestRow {
  readonly id: string
  readonly kind: RequestInfo['kind']
  /** As they call themselves. */
  readonly name: string
  readonly address: string
  /** What stands behind the name. */
  readonly words: string
  readonly at: number
  /** To compare, in rows; none of a classic client. */
  readonly digits: readonly string[]
}

export function rowOf(request: RequestInfo): RequestRow {
  const { id, kind, at, safetyNumber = '' } = request
  const address = oneLine(request.address, limits.name)
  return {
    id,
    kind,
    name: claimedName(shownName(request), kind),
    address,
    words: kind === 'classic' ? `${address} · ${l10n.t('not encrypted')}` : address,
    at,
    digits: digitRows(safetyNumber),
  }
}

/** The latest first: it is the one that somebody waits for. */
export function rowsOf(requests: readonly RequestInfo[]): readonly RequestRow[] {
  return requests.map(rowOf).sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1))
}

/** The row as a screen reader says it. */
export function spoken({ name, words }: RequestRow): string {
  return l10n.t('{0}, {1}, wants to chat', name, words)
}

/** What is to be known before one answers, a paragraph each. */
export function detailsOf({ kind, address, digits }: RequestRow): readonly string[] {
  if (kind === 'classic') {
    return [
      l10n.t('From {0}, by the original program.', address),
      l10n.t(
        'The name is only claimed, and nothing is encrypted: anybody on the way can read and change what you write to each other.',
      ),
    ]
  }
  return [
    l10n.t('From {0}, of no team: nobody vouches for the name. What you write to each other is encrypted.', address),
    ...(digits.length > 0
      ? [l10n.t('To be sure who it is, compare your safety number with them by another way:'), digits.join('\n')]
      : []),
  ]
}
