import fc from 'fast-check'
import { deviceNamed, place, Script } from './acts.ts'

const people = ['ann', 'bob', 'cas', 'dan', 'eve'] as const
const deeds = [
  ...['invite', 'join', 'leave', 'remove', 'appoint', 'demote', 'rename'],
  ...['topic', 'history', 'revoke', 'add', 'unknown'],
] as const

/** What somebody does in a room, and what of it they know. */
export const step = fc.record({
  /** Somebody, from one of two devices. */
  by: fc.nat(people.length * 2 - 1),
  whom: fc.nat(people.length - 1),
  does: fc.constantFrom(...deeds),
  /** How far behind the newest act each head lies that the author knows. */
  knows: fc.array(fc.nat(8), { minLength: 1, maxLength: 3 }),
})
export type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never

/** A room in which people do things without always knowing what the others do. */
export function played(steps: readonly Step[], { salt = '', settled = 3 } = {}): Script {
  const room = new Script('ann', { salt })
  let head = room.founding
  for (const who of people.slice(1, settled)) head = room.add('ann', who, [head])
  if (settled > 2) room.appoint('ann', 'bob', [head])
  for (const each of steps) perform(room, each)
  return room
}

function perform(room: Script, { by, whom, does, knows }: Step): void {
  const author = `${people[by % people.length]}${by < people.length ? '' : '/phone'}`
  const target = people[whom] ?? 'ann'
  const last = room.acts.length - 1
  const rights = [...new Set(knows.map(back => room.acts[Math.max(0, last - back)]?.hash ?? room.founding))]
  const cut = [place(target, last + 1), place(`${target}/phone`, whom + 1)]
  switch (does) {
    case 'join':
      room.join(author, rights)
      return
    case 'leave':
      room.leave(author, rights, cut)
      return
    case 'remove':
      room.remove(author, target, rights, cut)
      return
    case 'rename':
      room.rename(author, `Room ${room.acts.length}`, rights)
      return
    case 'topic':
      room.act(author, rights, { is: 'change', topic: `Of ${room.acts.length}` })
      return
    case 'history':
      room.act(author, rights, { is: 'change', history: whom % 2 === 0 ? 'all' : 'from-invitation' })
      return
    case 'revoke': {
      const device = whom % 2 === 0 ? target : `${target}/phone`
      room.act(author, rights, { is: 'revocation', device: deviceNamed(device), key: new Uint8Array(91), cut })
      return
    }
    case 'unknown':
      room.act(author, rights, { is: 'unknown' })
      return
    case 'invite':
    case 'appoint':
    case 'demote':
    case 'add':
      room[does](author, target, rights)
  }
}
