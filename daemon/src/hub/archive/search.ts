import { readQuery, type SearchIndex, type SearchTerm, type Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { ControlRequests, ConversationInfo, SearchHit } from '../../protocol/control.ts'
import { conversationId, type UserId } from '../../protocol/ids.ts'
import type { Circles } from '../circles.ts'
import { positionsOf, readDocumentId, searchedText } from './documents.ts'
import { excerptOf } from './excerpt.ts'
import type { Indexer } from './indexer.ts'
import { scan } from './scan.ts'

type Params = ControlRequests['search'][0]
type Result = ControlRequests['search'][1]

export interface SearchParts {
  readonly storage: Storage
  readonly index: SearchIndex | undefined
  readonly indexer: Indexer
  readonly circles: Pick<Circles, 'find' | 'of' | 'info' | 'listed'>
  /** The ids that a name stands for. @throws ParleyError `unknown-user` */
  readonly usersOf: (name: string) => Promise<readonly UserId[]>
}

/** Finds messages of all that lists show, the newest first. What was deleted or dropped is never found. */
export class Search {
  readonly #parts: SearchParts

  constructor(parts: SearchParts) {
    this.#parts = parts
  }

  /** @throws ParleyError `usage` without anything to look for; `unknown-user` */
  async search(params: Params): Promise<Result> {
    const { index, indexer } = this.#parts
    const wanted = await this.#read(params)
    if (index !== undefined) await indexer.settle()
    const hits: SearchHit[] = []
    const infos = new Map<string, ConversationInfo | undefined>()
    let { next } = params
    for (let round = 0; round < limits.searchRounds; round++) {
      const page = await this.#page({ ...wanted, limit: wanted.limit - hits.length }, next)
      for (const id of page.ids) {
        const hit = await this.#hit(id, wanted.terms, infos)
        if (hit !== undefined) hits.push(hit)
      }
      next = page.next
      if (next === undefined || hits.length >= wanted.limit || index === undefined) break
    }
    const isIndexing = index !== undefined && indexer.isBehind
    return { hits, ...(next === undefined ? {} : { next }), ...(isIndexing && { isIndexing: true as const }) }
  }

  async #read({ query, from, before, after, hasFile, limit, ...params }: Params): Promise<Wanted> {
    const terms = readQuery(query.slice(0, limits.searchText))
    const isNarrow = params.with !== undefined || from !== undefined || hasFile === true
    if (terms.length === 0 && !isNarrow) {
      throw new ParleyError('usage', 'Nothing to look for: give a word, a person, or that it has a file.')
    }
    const conversation = params.with === undefined ? undefined : await this.#parts.circles.find(params.with)
    return {
      terms,
      ...(conversation && { conversation: conversation.conversation }),
      ...(from === undefined ? {} : { users: await this.#parts.usersOf(from) }),
      ...(after === undefined ? {} : { from: after }),
      ...(before === undefined ? {} : { to: before }),
      ...(hasFile === true && { hasFile }),
      limit: Math.min(Math.max(limit, 1), limits.searchPage),
    }
  }

  #page(wanted: Wanted, next: string | undefined): Promise<{ ids: readonly string[]; next?: string }> {
    const { storage, index, circles } = this.#parts
    const from = next === undefined ? {} : { next }
    if (index !== undefined) return index.search({ ...wanted, ...from }).catch(refusePlace)
    if (next !== undefined && !isScanPlace(next)) throw noPlace()
    const { conversation, ...rest } = wanted
    const all = conversation === undefined ? circles.listed().map(info => info.conversation) : [conversation]
    const conversations = all.map(text => {
      const id = conversationId(text)
      return { conversation: id, own: circles.of(id).circle.account?.user }
    })
    return scan(storage, { ...rest, ...from, conversations })
  }

  /** What the index has found, as it is now; undefined when it is not shown or says something else by now. */
  async #hit(
    id: string,
    terms: readonly SearchTerm[],
    infos: Map<string, ConversationInfo | undefined>,
  ): Promise<SearchHit | undefined> {
    const { storage, circles } = this.#parts
    const key = readDocumentId(id)
    if (key === undefined) return undefined
    if (!infos.has(key.conversation)) infos.set(key.conversation, circles.info(key.conversation))
    const conversation = infos.get(key.conversation)
    if (conversation === undefined || (conversation.kind === 'room' && conversation.room.standing === 'invited'))
      return undefined
    const [position] = await positionsOf(storage, key.conversation, [key])
    if (position === undefined) return undefined
    const { circle } = circles.of(key.conversation)
    const [message] = (await circle.history(key.conversation, { from: position, limit: 1 })).messages
    if (message?.message !== key.message || message.user !== key.user || message.deleted || message.event)
      return undefined
    const found = excerptOf(searchedText(message), terms)
    return found && { message, conversation, ...found }
  }
}

interface Wanted {
  readonly terms: readonly SearchTerm[]
  readonly conversation?: string
  readonly users?: readonly UserId[]
  readonly from?: number
  readonly to?: number
  readonly hasFile?: true
  readonly limit: number
}

/** Whether a scan may have given it as the place to go on at: a position. */
function isScanPlace(next: string): boolean {
  return /^(?:outbox|[0-9a-f]{16})\/[a-z2-7/0-9]{1,100}$/.test(next)
}

/** A plugin may bring another copy of the kit's class. */
function refusePlace(error: unknown): never {
  throw error instanceof Error && error.name === 'SearchPlaceError' ? noPlace(error) : error
}

function noPlace(cause?: Error): ParleyError {
  const words = 'That is no place in what was found. Take the one that the page before gave.'
  return new ParleyError('usage', words, { cause })
}
