import { setImmediate as nextTurn } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { limits } from '../limits.ts'
import type { Port } from '../net/port.ts'
import { formatHostPort, ports, readHostPort } from '../protocol/addresses.ts'
import type { ControlRequests } from '../protocol/control.ts'
import { registryId } from '../protocol/ids.ts'
import { numberOfNotice } from '../protocol/notices.ts'
import { NoticeGivenSchema, type Signed } from '../protocol/parley_pb.ts'
import type { Attestations } from './attestations.ts'
import type { Audit } from './audit.ts'
import type { News, Notices } from './notices.ts'
import type { Sessions } from './sessions.ts'

interface AnnouncementParts {
  readonly notices: Notices
  readonly attestations: Attestations
  readonly sessions: Sessions
  readonly audit: Audit
  readonly port: Pick<Port, 'show'>
  readonly log: Log
}

/**
 * Announces a new address, or a new key, which speaks from this moment on: new connections see it, and what is signed from
 * now on is signed by it. Whoever is signed in is told at once, the others when they are back.
 *
 * @throws ParleyError `bad-address`, `usage`
 */
export async function announce(
  wish: ControlRequests['announce'][0],
  parts: AnnouncementParts,
): Promise<ControlRequests['announce'][1]> {
  const { notices, attestations, port, audit, log } = parts
  const news: News = 'address' in wish ? { address: readHostPort(wish.address, ports.registry) } : { newKey: true }
  const notice = await notices.announce(news)
  const { identity } = notices
  if ('newKey' in news) {
    attestations.signBy(identity.privateKey)
    port.show(identity)
  }
  const detail = 'address' in news ? formatHostPort(news.address) : registryId(identity.id)
  log.info({ notice: numberOfNotice(notice), detail }, 'A notice was announced.')
  void tell(notice, parts)
  await audit.note({ what: 'announced', by: 'operator', detail })
  return { number: numberOfNotice(notice) }
}

/** In turns: a large team must not stop the registry for everybody else. */
async function tell(notice: Signed, { sessions }: AnnouncementParts): Promise<void> {
  const value = create(NoticeGivenSchema, { notice })
  let inTurn = 0
  for (const { link } of [...sessions.all()]) {
    link.send({ case: 'noticeGiven', value }).catch(() => {}) // it is told when it is back
    if (++inTurn % limits.noticesPerTurn === 0) await nextTurn()
  }
}
