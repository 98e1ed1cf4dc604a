import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { formatHostPort, type HostPort, ports } from '../../protocol/addresses.ts'
import { fitsClassic } from '../../protocol/classic-names.ts'

/** Where a classic client takes messages; port 0 is the usual one. */
export function placeOf({ address, port }: { readonly address: string; readonly port: number }): HostPort {
  return { host: address, port: port || ports.peer }
}

/** What to call a client that has not said its name. */
export function nameOf({ name, address }: { readonly name: string; readonly address: string }): string {
  return name === '' ? address : name
}

/** A name that classic clients can be shown. */
export function fitting(name: string | undefined): string | undefined {
  return name !== undefined && fitsClassic(name) ? name : undefined
}

/** Why nobody can be written to under one's own name. */
export function noUsername(name: string | undefined): ParleyError {
  return new ParleyError(
    'bad-name',
    name === undefined
      ? 'A classic client is shown a name. Sign up with a team first.'
      : `Your name "${name}" does not fit the ${limits.classicNameLongest} bytes of a classic name. Choose an alias: parley classic --alias NAME`,
  )
}

/** The hub would write to itself. */
export function ownPort(place: HostPort): ParleyError {
  return new ParleyError(
    'bad-address',
    `${formatHostPort(place)} is this hub's own port. Give the one of the classic client: --classic NAME@HOST:PORT`,
  )
}

export function onlyThere(name: string): ParleyError {
  return new ParleyError(
    'unreachable',
    `${name} is a classic client on the team's own machine, where only its programs can write to it.`,
  )
}
