import { readDisplayName, readUserName } from '@parley/daemon/protocol/names'
import * as l10n from '@vscode/l10n'
import { faultOf } from './faults.ts'
import type { Remark } from './prompter.ts'

/** What comes of a name as a person types it. */
export interface Names {
  /** As others see it. */
  readonly displayName: string
  /** Undefined: nothing of the name can be one. */
  readonly userName: string | undefined
}

/** @throws ParleyError `bad-name` for what cannot be shown */
export function namesFrom(text: string): Names {
  return { displayName: readDisplayName(text), userName: userNameIn(text) }
}

/** What there is to say to a name while it is typed. */
export function lookAtName(text: string): Remark | undefined {
  if (text.trim() === '') return undefined
  const fault = faultOf(() => readDisplayName(text))
  if (fault) return { is: 'fault', words: fault }
  const userName = userNameIn(text)
  if (userName === undefined) return { is: 'hint', words: l10n.t('You choose a user name in Latin letters next.') }
  return userName === text.trim() ? undefined : { is: 'hint', words: l10n.t('Your user name: {0}', userName) }
}

/** What there is to say to a user name while it is typed. */
export function lookAtUserName(text: string): Remark | undefined {
  if (text.trim() === '') return undefined
  const fault = faultOf(() => readUserName(text))
  return fault === undefined ? undefined : { is: 'fault', words: fault }
}

/** A name to begin with, from the name that somebody has on this computer; empty for one that tells nothing of them. */
export function suggestName(systemName: string): string {
  const name = userNameIn(systemName)
  return name === undefined || nobodys.has(name) ? '' : name
}

/** Accounts that many machines have. */
const nobodys: ReadonlySet<string> = new Set([
  ...['root', 'admin', 'administrator', 'user', 'guest', 'nobody', 'ubuntu', 'debian', 'node', 'vscode', 'coder'],
  ...['codespace', 'gitpod', 'runneradmin', 'docker', 'developer', 'owner'],
])

/** `Zoë Ångström` is `zoe.angstrom`: letters without their marks, and a dot for what cannot be in a user name. */
function userNameIn(text: string): string | undefined {
  const latin = text
    .trim()
    .slice(0, longest)
    .toLowerCase()
    .replace(/[ßæœøłđðþı]/g, letter => spelled[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9._-]+/g, '.')
    .replace(/^[._-]+/, '')
    .slice(0, 32)
    .replace(/[._-]+$/, '')
  return faultOf(() => readUserName(latin)) === undefined ? latin : undefined
}

/** Letters that are no letter with a mark. */
const spelled: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
}

/** No name that can be shown is longer. */
const longest = 128
