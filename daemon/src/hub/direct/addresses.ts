import net from 'node:net'
import { create } from '@bufbuild/protobuf'
import { limits } from '../../limits.ts'
import type { Link } from '../../net/link.ts'
import { type HostPort, ports, readHostPort } from '../../protocol/addresses.ts'
import { type DeviceId, deviceId, fromText, noRegistry } from '../../protocol/ids.ts'
import { AddressSchema, type DeviceAddresses, DeviceAddressesSchema, type PeerHello } from '../../protocol/parley_pb.ts'
import type { Person } from '../people.ts'

/** Where somebody who has dialled takes links themselves. */
export function placeOfCaller(link: Link, hello: PeerHello): HostPort | undefined {
  const isPort = hello.port > 0 && hello.port < 65_536
  return isPort ? { host: link.remoteAddress, port: hello.port } : undefined
}

/** A person whose device was at `place` just now: the addresses known of it before come behind. */
export function withAddress(person: Person, device: DeviceId, { host, port }: HostPort): Person {
  const before = person.devices.find(each => deviceId(each.device) === device)?.addresses ?? []
  const [first] = before
  if (first && first.host === host && first.port === port) return person
  const others = before.filter(each => each.host !== host || each.port !== port)
  const addresses = [create(AddressSchema, { host, port }), ...others].slice(0, limits.strangerAddresses)
  const row: DeviceAddresses = create(DeviceAddressesSchema, { device: fromText(device), addresses })
  return { ...person, devices: [row, ...person.devices.filter(each => deviceId(each.device) !== device)] }
}

/** Where somebody was, the latest first. */
export function addressesOf({ devices }: Pick<Person, 'devices'>): HostPort[] {
  return devices.flatMap(({ addresses }) => addresses)
}

/** Whether both are the same place, as far as their texts tell. */
export function sameAddress(a: HostPort, b: HostPort): boolean {
  return a.host === b.host && a.port === b.port
}

/** Whether a hello names no registry: it is for people of no team. */
export function isNoRegistry(registry: Uint8Array): boolean {
  return Buffer.from(registry).equals(fromText(noRegistry))
}

/** What a person writes for an address, which is no name: an IP address, or something with a port. */
export function placeIn(text: string): HostPort | undefined {
  const trimmed = text.trim()
  if (!trimmed.includes(':') && !net.isIP(trimmed)) return undefined
  try {
    return readHostPort(trimmed, ports.peer)
  } catch {
    return undefined
  }
}
