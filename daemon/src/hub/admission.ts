import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Link } from '../net/link.ts'
import { type DeviceId, deviceId, type UserId } from '../protocol/ids.ts'
import type { PeerHello } from '../protocol/parley_pb.ts'
import type { Freshness } from './freshness.ts'
import type { Peers } from './peers.ts'
import type { People, Person } from './people.ts'

export interface AdmissionOptions {
  readonly people: Pick<People, 'judge'>
  readonly freshness: () => Pick<Freshness, 'check'>
  readonly peers: () => Pick<Peers, 'count' | 'linked' | 'devicesOf' | 'cut'>
  readonly isBlocked: (user: UserId) => boolean
  /** When something was last said that one shares with somebody, ms since 1970; 0: nothing was. */
  readonly lastSaid: (user: UserId) => number
  /** Links in all; tests want fewer. */
  readonly most?: number
}

/**
 * Who may have a link: nobody who is blocked; and once there are as many links as one hub keeps, only somebody with whom
 * something was said later than with one who has a link, who then goes. Whoever is refused gets from others what is said in
 * rooms, and is dialled or dials again once something is said.
 */
export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** The person as they are to be kept. @throws ParleyError `stranger` for whoever is blocked, `busy` */
  readonly admit = async (
    person: Person,
    link: Pick<Link, 'outbound' | 'peerId'>,
    hello: PeerHello,
  ): Promise<Person> => {
    const { people, freshness, isBlocked } = this.#options
    if (isBlocked(person.user)) throw new ParleyError('stranger', `${person.name} is blocked.`)
    this.makeRoom(person.user, deviceId(link.peerId))
    if (link.outbound) return person
    await freshness().check(person)
    return people.judge(hello.attestation, hello.roster, { device: deviceId(link.peerId) })
  }

  /** Asked once more when the link is taken: others may have come meanwhile. @throws ParleyError `busy` */
  readonly makeRoom = (user: UserId, device: DeviceId): void => {
    const { lastSaid, most = limits.peerLinks } = this.#options
    const peers = this.#options.peers()
    if (peers.count < most) return
    const theirs = peers.devicesOf(user)
    if (theirs.some(linked => linked.device === device)) return
    if (theirs.length >= limits.linksOfPerson) throw new ParleyError('busy', busyWords)
    if (theirs.length > 0) return
    const since = lastSaid(user)
    const linked = [...peers.linked].map(other => ({ other, said: lastSaid(other) }))
    const [least] = linked.sort((a, b) => a.said - b.said)
    if (least === undefined || least.said >= since) throw new ParleyError('busy', busyWords)
    peers.cut(least.other, busyWords, 'busy')
  }
}

/** What both sides are told when a hub has as many links as it keeps. */
export const busyWords =
  'This hub has as many links as it keeps. What is said in rooms comes from other members; it is tried again.'
