import { limits } from '../../daemon/src/limits.ts'
import { connect, type Fate, type Wire } from '../support/conversations.ts'
import type { Station } from './station.ts'

/** A link between two stations. */
interface Cable {
  readonly a: Station
  readonly b: Station
  readonly wire: Wire
  /** Frames from this station are lost without anybody noticing, as on a link that is half-open. */
  deafTo: Station | undefined
}

/** The links between stations: at most one between two that run. */
export class Network {
  readonly #cables = new Map<string, Cable>()
  #frames = 0

  /** Frames sent so far over all links. */
  get frames(): number {
    return this.#frames
  }

  get cables(): readonly Cable[] {
    return [...this.#cables.values()].filter(({ wire }) => !wire.closed.aborted)
  }

  isLinked(a: Station, b: Station): boolean {
    return this.#cables.get(nameOf(a, b))?.wire.closed.aborted === false
  }

  link(a: Station, b: Station): void {
    const [homeA, homeB] = [a.home, b.home]
    if (homeA === undefined || homeB === undefined || this.isLinked(a, b)) return
    const fate = ({ from }: { from: object }): Fate => {
      this.#frames++
      return cable.deafTo?.person === from ? 'drop' : 'deliver'
    }
    const clockApart = Math.abs(a.clockError - b.clockError) > limits.clockSkew
    const wire = connect(homeA, homeB, { fate, clockApart })
    const cable: Cable = { a, b, wire, deafTo: undefined }
    this.#cables.set(nameOf(a, b), cable)
  }

  cut(cable: Cable): void {
    cable.wire.cut()
    this.#cables.delete(nameOf(cable.a, cable.b))
  }

  /** Cuts every link of a station, as the end of its process does. */
  isolate(station: Station): void {
    for (const cable of [...this.#cables.values()]) if (cable.a === station || cable.b === station) this.cut(cable)
  }

  cutAll(): void {
    for (const cable of [...this.#cables.values()]) this.cut(cable)
  }
}

function nameOf(a: Station, b: Station): string {
  return [a.name, b.name].sort().join(' ')
}
