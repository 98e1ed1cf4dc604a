import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { formatParleyLink, isLoopback } from '../../protocol/addresses.ts'
import type { SignInWay } from '../../protocol/prompts.ts'
import { harmless } from '../words.ts'
import type { RegistryPlace } from './client-options.ts'
import type { RegistryLink } from './open.ts'

/** The names on the wire of the mechanisms that this hub speaks, the one that it likes best first. */
const ways: readonly (readonly [mechanism: string, way: SignInWay])[] = [
  ['opaque', 'password'],
  ['prompt', 'prompts'],
]

/** How people sign in by a mechanism; undefined for one that this hub does not speak. */
export function wayOf(mechanism: string): SignInWay | undefined {
  return ways.find(([name]) => name === mechanism)?.[1]
}

/** How people can sign in by any of these mechanisms with this hub. */
export function waysOf(mechanisms: readonly string[]): SignInWay[] {
  return ways.filter(([name]) => mechanisms.includes(name)).map(([, way]) => way)
}

/**
 * The mechanism to sign in by: the one that has made the account, else the way that the person wishes, else the one that
 * shows the registry least. A registry that offers only a weaker one than before gets nothing.
 * @throws ParleyError `unsupported`
 */
export function chooseMechanism(
  registry: RegistryLink,
  { known, wished }: { readonly known?: string | undefined; readonly wished?: SignInWay | undefined },
): string {
  const offered = registry.welcome.mechanisms
  const isWanted = ([mechanism, way]: (typeof ways)[number]) =>
    known === undefined ? wished === undefined || wished === way : known === mechanism
  const [mechanism] = ways.find(way => isWanted(way) && offered.includes(way[0])) ?? []
  if (mechanism !== undefined) return mechanism
  const names = offered.slice(0, 8).map(name => JSON.stringify(harmless(name, limits.shownName)))
  const wanted = known ?? ways.find(([, way]) => way === wished)?.[0] ?? ways.map(([name]) => name).join('" or "')
  throw new ParleyError(
    'unsupported',
    `This account signs in by "${wanted}", but the registry offers ${names.join(', ') || 'nothing'}. Nothing was sent; ask the registry's admin.`,
  )
}

/**
 * What is answered to prompts is seen by whoever asks: it must be the registry that the person means, whose id they gave
 * or whose account they have, or one on this machine.
 * @throws ParleyError `bad-address`
 */
export function refuseUnknown({ registry, link }: RegistryLink, place: RegistryPlace): void {
  if (place.registry !== undefined || isLoopback(link.remoteAddress)) return
  const { host, port } = place
  const found = formatParleyLink({ host, port, registry })
  throw new ParleyError(
    'bad-address',
    `This team sees what you answer when you sign in, so it must be named by its whole link. Nothing was sent. If its admin gives you the same one, use ${found}`,
  )
}
