import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type UserId, userId } from '../../protocol/ids.ts'
import type { WatchOnline } from '../../protocol/parley_pb.ts'
import type { OnlineList } from '../online-list.ts'
import type { People } from '../people.ts'
import type { Answers } from './answers.ts'

/** What a member may ask about others. */
export function peopleAnswers({ people, onlineList }: { people: People; onlineList: OnlineList }): Answers {
  return {
    watchOnline: async (asked, { link }) => {
      return { case: 'onlineSnapshot', value: await onlineList.watch(link, readAlso(asked)) }
    },
    search: asked => ({ case: 'people', value: people.search(asked) }),
    lookUp: async (asked, { link }) => ({ case: 'lookedUp', value: await people.lookUp(asked, link.remoteAddress) }),
  }
}

/** @throws ParleyError `bad-frame` */
function readAlso({ also }: WatchOnline): UserId[] {
  if (also.length <= limits.alsoWatched) return also.map(userId)
  throw new ParleyError('bad-frame', `At most ${limits.alsoWatched} people can be asked for with the online list.`)
}
