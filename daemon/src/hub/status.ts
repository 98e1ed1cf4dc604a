import { limits } from '../limits.ts'
import type { StatusInfo } from '../protocol/control.ts'
import type { KeyedCircle } from './keyed-circle.ts'
import type { RegistryClient } from './registry/client.ts'
import { twinAdvice, twinWords } from './registry/twin.ts'

type HubStatus = NonNullable<StatusInfo['hub']>

/** What `status` says of the links and conversations of these circles and of what waits for classic clients, with the warnings of the hub itself before theirs. */
export function circlesStatus(
  circles: readonly KeyedCircle[],
  queuedForClassic: number,
  warnings: readonly string[],
): Pick<HubStatus, 'links' | 'queued' | 'warnings'> {
  const conversations = circles.flatMap(circle => circle.conversations.list())
  return {
    links: circles.reduce((sum, { peers }) => sum + peers.count, 0),
    queued: conversations.reduce((sum, { queued }) => sum + queued, queuedForClassic),
    warnings: [...warnings, ...circles.flatMap(circle => circle.warnings)],
  }
}

/** What a person should know of how this hub and its team get on. */
export function clientWarnings({ skew, twin }: Pick<RegistryClient, 'skew' | 'twin'>): string[] {
  return [...clockWarnings(skew), ...(twin.isThere ? [`${twinWords} ${twinAdvice}`] : [])]
}

/** That this computer's clock is `skew` ms ahead of the team's, where it is too much. */
function clockWarnings(skew: number): string[] {
  if (Math.abs(skew) <= limits.clockSkew) return []
  const minutes = Math.round(Math.abs(skew) / 60_000)
  return [`This computer's clock is ${minutes} minutes ${skew > 0 ? 'ahead of' : 'behind'} the team's. Set it right.`]
}
