import { ParleyError } from '../errors.ts'
import { editorLink, formatParleyLink, type HostPort, isLoopback } from '../protocol/addresses.ts'
import type { InviteInfo } from '../protocol/control.ts'
import type { RegistryId } from '../protocol/ids.ts'
import type { Invite } from './invites.ts'

/** Where a registry can be reached. */
export interface Whereabouts {
  readonly registry: RegistryId
  readonly listen: readonly HostPort[]
  readonly public?: HostPort
}

/**
 * Where a registry is: at its public address if it is told one, else at this machine's own, if it is told how to find that
 * out. A machine without a network has only loopback.
 */
export function whereabouts(
  { registry, listen }: Pick<Whereabouts, 'registry' | 'listen'>,
  known: HostPort | undefined,
  ownHost: (() => string | undefined) | undefined,
): Whereabouts {
  const [first] = listen
  if (known) return { registry, listen, public: known }
  if (!ownHost || !first || isLoopback(first.host)) return { registry, listen }
  const host = isAnywhere(first.host) ? (ownHost() ?? '127.0.0.1') : first.host
  return { registry, listen, public: { host, port: first.port } }
}

/** The parley link of a registry, without a code: its public address, else one that works on this machine. */
export function registryAddress(where: Whereabouts): string {
  return formatParleyLink({ ...reachable(where), registry: where.registry })
}

/**
 * An invite and how to tell somebody of it. It is made only when the link will work for them.
 * @throws ParleyError `usage` when others could not reach the registry by what it knows of itself
 */
export async function inviteInfo(team: string, where: Whereabouts, make: () => Promise<Invite>): Promise<InviteInfo> {
  if (!where.public && !where.listen.every(({ host }) => isLoopback(host))) {
    throw new ParleyError(
      'usage',
      'An invite needs the address under which people reach this registry. Start it with --public HOST:PORT, or set "public" in parley.json.',
    )
  }
  const { id, code, uses, expires, forName } = await make()
  const link = formatParleyLink({ ...reachable(where), registry: where.registry, code })
  const text = inviteText({ team, link, uses, expires, forName })
  return { id, link, uses, expires, ...(forName === undefined ? {} : { forName }), text }
}

function reachable({ listen, public: known }: Whereabouts): HostPort {
  const address = known ?? listen[0]
  if (!address) throw new ParleyError('usage', 'A registry listens somewhere: "listen" must not be empty.')
  return { host: isAnywhere(address.host) ? 'localhost' : address.host, port: address.port }
}

function isAnywhere(host: string): boolean {
  return host === '::' || host === '0.0.0.0'
}

interface Told {
  readonly team: string
  readonly link: string
  readonly uses: number
  readonly expires: number
  readonly forName: string | undefined
}

/** The code stays out of the process list: the command takes it from the environment. */
function inviteText({ team, link, uses, expires, forName }: Told): string {
  const until = new Date(expires).toISOString().slice(0, 16).replace('T', ' ')
  const often = uses === 1 ? 'once' : `${uses} times`
  return [
    `Join ${team} on Parley.`,
    '',
    'In VS Code with Parley: choose "Join a Team" and paste this message, or open',
    editorLink(link),
    '',
    'In a terminal:',
    `PARLEY_INVITE='${link}' parley sign-up ${forName ?? 'NAME'}`,
    '',
    'The link alone:',
    link,
    '',
    `It works ${often}, until ${until} UTC${forName === undefined ? '' : `, for the name ${forName}`}.`,
  ].join('\n')
}
