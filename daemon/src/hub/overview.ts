import type { Check } from '../doctor/doctor.ts'
import { formatHostPort } from '../protocol/addresses.ts'
import type { HubSnapshot, PeopleSnapshot, StatusInfo } from '../protocol/control.ts'
import type { DeviceId } from '../protocol/ids.ts'
import type { Circles } from './circles.ts'
import type { Company } from './company.ts'
import type { OwnDevices } from './devices/own-devices.ts'
import { hubChecks } from './doctor.ts'
import type { HubOptions } from './home.ts'
import type { Membership } from './membership.ts'
import type { Reach } from './reach.ts'
import type { RegistryClient } from './registry/client.ts'
import type { HubRelay } from './relay.ts'
import { circlesStatus, clientWarnings } from './status.ts'

export interface OverviewParts {
  readonly device: DeviceId
  readonly company: Company
  readonly circles: Pick<Circles, 'listed'>
  readonly devices: Pick<OwnDevices, 'pending'>
  readonly membership: Pick<Membership, 'infos'>
  readonly client: RegistryClient
  readonly reach: Pick<Reach, 'addresses' | 'isDirect' | 'places'>
  readonly relay: Pick<HubRelay, 'check'>
  readonly hosting: HubOptions['hosting']
}

/** A hub as a whole, as front ends show it: each answer is made in one tick. */
export class Overview {
  readonly #parts: OverviewParts

  constructor(parts: OverviewParts) {
    this.#parts = parts
  }

  status(): NonNullable<StatusInfo['hub']> {
    const { device, company, membership, client, reach, hosting } = this.#parts
    return {
      device,
      listen: reach.addresses.map(formatHostPort),
      accounts: membership.infos,
      relayed: company.team?.peers.relayed ?? 0,
      isDirect: reach.isDirect,
      ...circlesStatus(company.keyed, company.classic.circle.queued, [
        ...(hosting?.warnings ?? []),
        ...clientWarnings(client),
      ]),
    }
  }

  /** All that front ends show at first. */
  snapshot(): Omit<HubSnapshot, 'number'> {
    const { company, circles, devices, membership } = this.#parts
    return {
      accounts: membership.infos,
      conversations: circles.listed(),
      requests: company.strangers.list(),
      pendingDevices: devices.pending,
      ...(company.team?.rooms.isCatchingUp && { isCatchingUp: true as const }),
    }
  }

  /** Whom front ends list. */
  people(): PeopleSnapshot {
    const { team, strangers } = this.#parts.company
    const listed = team?.listedPeople.snapshot() ?? { people: [], online: 0, total: 0 }
    return { ...listed, people: [...listed.people, ...strangers.direct.everybody()] }
  }

  /** What `parley doctor` looks at. */
  checks(): Check[] {
    const { client, reach, relay } = this.#parts
    const { session } = client
    return hubChecks({
      status: () => this.status(),
      ...{ places: () => reach.places, isTwice: () => client.twin.isThere },
      ask: session && (async () => void (await session.search('', 1))),
      ...{ skew: () => (session ? client.skew : undefined), udp: () => client.heartbeat.passes },
      relay: session && (signal => relay.check(signal)),
    })
  }
}
