import type { Log } from '@parley/kit'
import type { Config } from '../config.ts'
import { asParleyError, ParleyError } from '../errors.ts'
import type { Hosting, OwnTeam } from '../hub/own-team.ts'
import { bestAddress } from '../hub/surroundings.ts'
import { locations } from '../locations.ts'
import { withAbout } from '../log.ts'
import type { BuiltIns } from '../plugins/import.ts'
import { readHostPort, readParleyLink } from '../protocol/addresses.ts'
import type { ControlRequests } from '../protocol/control.ts'
import { readTeamName } from '../protocol/names.ts'
import type { Registry } from '../registry/registry.ts'
import { type OpenTeam, openTeam } from './open-team.ts'
import { hasTeam, readTeam, renameTeam, type TeamWish, writeTeam } from './team-config.ts'

export interface HostingOptions {
  /** The hub's home; the team's own is a folder in it. */
  readonly home: string
  /** How a team listens and is reached, unless it has been started before. */
  readonly wish: Config['registry']
  readonly builtIns: BuiltIns
  readonly log: Log
  readonly now: () => number
}

/**
 * The team that a hub's daemon runs beside the hub: a registry with a home of its own within the hub's, with its own storage,
 * keys, lock and configuration. Whatever becomes of it, the hub goes on.
 */
export class HostedTeam implements Hosting {
  readonly #options: HostingOptions
  readonly #log: Log
  readonly #closing = new AbortController()
  #open: OpenTeam | undefined
  #problem: string | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: HostingOptions) {
    this.#options = options
    this.#log = withAbout(options.log, { part: 'team' })
  }

  get registry(): Registry | undefined {
    return this.#open?.registry
  }

  get team(): OwnTeam | undefined {
    const { registry } = this
    return registry && asOwnTeam(registry)
  }

  get isConfigured(): boolean {
    return hasTeam(this.#where)
  }

  get warnings(): readonly string[] {
    return this.#problem === undefined ? [] : [this.#problem]
  }

  /** Brings up the team that was started before, if one was. Never rejects: a fault is a warning of the hub. */
  resume(): Promise<void> {
    return this.#inTurn(() => this.#resume()).catch(() => {})
  }

  host(name: string): Promise<ControlRequests['hostTeam'][1]> {
    const team = readTeamName(name)
    return this.#inTurn(async () => {
      if (!this.#open && this.isConfigured) await this.#resume()
      if (!this.#open) await this.#start({ ...this.#wish(), name: team })
      // Nobody has come yet, so nobody knows it by the other name: the person has thought again.
      else if (this.#open.registry.status().users === 0) await this.#rename(team)
      const { id, address, status } = this.#opened()
      return { registry: id, address, team: status().team }
    })
  }

  /** Ends what is under way, then closes the registry and its storage. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#turn
    await this.#shut()
  }

  get #where() {
    return locations(locations(this.#options.home).team)
  }

  async #resume(): Promise<void> {
    if (!this.isConfigured) return
    try {
      const { plugins, registry } = readTeam(this.#where)
      await this.#start({ ...registry, signUp: registry.signUp ?? 'invite' }, plugins)
    } catch (error) {
      const { code, message } = asParleyError(error)
      this.#log.error({ code }, `The team of this home could not be started: ${message}`)
      this.#problem = `Your team could not be started, so nobody can join or sign in: ${message}`
      throw error
    }
  }

  /** Opens the registry; it is kept for the next start once it serves, and not before. */
  async #start(wish: TeamWish, plugins?: Config['plugins']): Promise<void> {
    const { builtIns, now } = this.#options
    const isNew = !this.isConfigured
    const open = await openTeam({
      where: this.#where,
      wish,
      ...(plugins && { plugins }),
      builtIns,
      log: this.#log,
      now,
      signal: this.#closing.signal,
      ownHost: bestAddress,
      lost: error => void this.#inTurn(() => this.#lose(error)).catch(() => {}),
    })
    try {
      const { listen, heartbeat } = open.registry
      if (isNew) await writeTeam(this.#where, { ...wish, listen, heartbeat })
      this.#problem = isNew ? undefined : movedWords(wish, listen)
    } catch (error) {
      await open.close()
      throw error
    }
    this.#open = open
    this.#log.info({ registry: open.registry.id, listen: open.registry.listen }, 'The team of this home is up')
  }

  async #rename(name: string): Promise<void> {
    if (readTeam(this.#where).registry.name === name) return
    await renameTeam(this.#where, name)
    await this.#shut()
    await this.#resume()
  }

  #wish(): Omit<TeamWish, 'name'> {
    const { listen, heartbeat, classic, signUp = 'invite', public: known } = this.#options.wish
    return { listen, heartbeat, classic, signUp, ...(known !== undefined && { public: known }) }
  }

  #opened(): Registry {
    if (this.#open) return this.#open.registry
    throw new ParleyError('internal', 'The team is not up, although it was just started.')
  }

  async #lose({ code, message }: ParleyError): Promise<void> {
    this.#log.error({ code }, message)
    this.#problem = `Your team has ended here: ${message}`
    await this.#shut()
  }

  async #shut(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.close()
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (this.#closing.signal.aborted) throw new ParleyError('closed', 'Parley is stopping.')
      return run()
    })
    this.#turn = result.catch(() => {})
    return result
  }
}

function asOwnTeam(registry: Registry): OwnTeam {
  return {
    registry: registry.id,
    place: loopbackOf(registry.listen[0] ?? ''),
    address: registry.address,
    signUp: registry.status().signUp,
    async inviteCode(name) {
      // Who starts a team runs it.
      const { link } = await registry.invites.invite({ forName: name, role: 'admin' })
      const { code } = readParleyLink(link)
      if (code) return code
      throw new ParleyError('internal', 'An invite without a code was made.')
    },
  }
}

/** Where this machine reaches what listens on `address`. */
function loopbackOf(address: string): OwnTeam['place'] {
  const { host, port } = readHostPort(address, 0)
  return { host: host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host, port }
}

function movedWords(wish: TeamWish, listen: readonly string[]): string | undefined {
  const moved = wish.listen.findIndex((address, index) => address !== listen[index])
  if (moved < 0) return undefined
  return (
    `Another program uses ${wish.listen[moved]}, so ${wish.name} is at ${listen[moved]} until Parley is started again. ` +
    'Who joined before cannot reach it meanwhile: stop the other program, then restart Parley.'
  )
}
