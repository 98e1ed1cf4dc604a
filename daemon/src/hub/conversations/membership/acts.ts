import { toText } from '../../../protocol/ids.ts'
import type { MembershipAct } from '../../../protocol/membership.ts'
import { type ActBody, readAct } from '../../../protocol/membership-bodies.ts'
import type { MembershipEntry } from '../members.ts'

/** What a membership entry does, for the fold. One whose body says what it must not is kept and does nothing. */
export function actOf({ entry, header, hash, user }: MembershipEntry): MembershipAct {
  const { device, rights, kind } = header
  return { hash: toText(hash), user, device, rights: rights.map(toText), body: bodyOf(entry.body, kind) }
}

function bodyOf(bytes: Uint8Array, kind: number): ActBody {
  try {
    return readAct(bytes, kind)
  } catch {
    return { is: 'unknown' }
  }
}
