import type { ControlRequests, ConversationInfo } from '@parley/daemon/protocol/control'
import { titleOf } from '@parley/daemon/protocol/conversation-infos'
import * as l10n from '@vscode/l10n'

/** What is asked of the hub, without how many and from where on. */
export type Sought = Omit<ControlRequests['search'][0], 'limit' | 'next'>

/** What was typed, read: something to look for, nothing yet, or what is wrong with it, in a sentence. */
export type Typed =
  | { readonly is: 'sought'; readonly sought: Sought }
  | { readonly is: 'nothing' }
  | { readonly is: 'wrong'; readonly why: string }

/**
 * Reads words and filters: `from:bob`, `in:release-2.4`, `before:2026-01-31`, `after:2026-01-01`, `has:file`. What has
 * spaces stands in quotes. Days are those of this computer; `before` is up to the day's beginning, `after` from it on.
 * `within`: the one chat that is searched, unless another one is named.
 */
export function readTyped(typed: string, chats: Iterable<ConversationInfo>, within?: string): Typed {
  const words: string[] = []
  let sought: Sought = { query: '' }
  for (const [whole, quotedKey, quoted] of typed.matchAll(parts)) {
    const [, key = '', value = ''] =
      quoted === undefined ? (/^([^:]*):(.*)$/.exec(whole) ?? []) : ['', quotedKey, quoted]
    const filter = Object.hasOwn(filters, key.toLowerCase()) ? filters[key.toLowerCase()] : undefined
    // Somebody is still writing it.
    if (filter && value === '') continue
    const read = filter?.(value, chats)
    if (typeof read === 'string') return { is: 'wrong', why: read }
    if (read) sought = { ...sought, ...read }
    else words.push(whole)
  }
  const isAnything = words.length > 0 || sought.from !== undefined || sought.with !== undefined || sought.hasFile
  sought = { ...(within !== undefined && { with: within }), ...sought, query: words.join(' ') }
  return isAnything ? { is: 'sought', sought } : { is: 'nothing' }
}

/** What a filter adds, or what is wrong with it. */
type Filter = (value: string, chats: Iterable<ConversationInfo>) => Partial<Sought> | string

const filters: Readonly<Record<string, Filter>> = {
  from: value => ({ from: value.replace(/^@/, '') }),
  in: (value, chats) => {
    const found = chatNamed(value.replace(/^[#@]/, ''), chats)
    return found === undefined ? l10n.t('No chat is called “{0}”.', value) : { with: found }
  },
  before: value => dayOf(value, 'before'),
  after: value => dayOf(value, 'after'),
  has: value => (value.toLowerCase() === 'file' ? { hasFile: true } : l10n.t('After has: only file is known.')),
}

/** What stands in quotes, with the filter before it, else what has no spaces. */
const parts = /(?:([a-z]+):)?"([^"]*)"?|[^\s"]+/giu

/** The conversation of that name: exactly, else one that begins so. */
function chatNamed(name: string, chats: Iterable<ConversationInfo>): string | undefined {
  const wanted = fold(name)
  const named = [...chats].map(info => ({
    conversation: info.conversation,
    names: [titleOf(info), ...(info.kind === 'direct' ? [info.person.name] : [])].map(fold),
  }))
  const found =
    named.find(({ names }) => names.includes(wanted)) ??
    named.find(({ names }) => names.some(each => each.startsWith(wanted)))
  return found?.conversation
}

function dayOf(value: string, key: 'before' | 'after'): Partial<Sought> | string {
  const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(value) ?? []
  const time = new Date(Number(year), Number(month) - 1, Number(day))
  const isDay = time.getMonth() === Number(month) - 1 && time.getDate() === Number(day)
  return isDay ? { [key]: time.getTime() } : l10n.t('Write a day as 2026-01-31, not as “{0}”.', value)
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
