import type { PersonInfo } from '@parley/daemon/protocol/control'
import { env, type QuickPickItem, window } from 'vscode'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { presenceIcon } from '../people/presence.ts'
import { byPresence } from '../people/rows.ts'
import { PeopleSearch } from '../people/search.ts'
import { plainLine } from '../shared/harmless.ts'
import { listedName } from '../shared/marks.ts'

interface Row extends QuickPickItem {
  readonly user: string
  readonly userName: string
}

/**
 * Has somebody choose people of the team, without those in `not` (user ids); the team is searched while they type. Gives
 * their user names; `undefined`: they went.
 */
export async function pickPeople(
  hub: Hub,
  words: { readonly title: string; readonly placeholder: string },
  not: ReadonlySet<string>,
): Promise<readonly string[] | undefined> {
  const box = window.createQuickPick<Row>()
  const { promise, resolve } = Promise.withResolvers<readonly string[] | undefined>()
  const search = new PeopleSearch(query => hub.request('who', { query, limit: limits.searchResults }), show)
  let chosen: readonly Row[] = []
  function show(): void {
    const { found } = search
    box.busy = found.is === 'searching'
    const people = new Map(hub.people.people.map(each => [each.user, each]))
    if (found.is === 'found') for (const each of found.people) people.set(each.user, each)
    const others = byPresence(people.values(), env.language).filter(({ user, via }) => !via && !not.has(user))
    const isChosen = new Set(chosen.map(({ user }) => user))
    const rows = others.filter(({ user }) => !isChosen.has(user)).map(rowOf)
    box.items = [...chosen, ...rows].slice(0, chosen.length + limits.shownChoices)
    box.selectedItems = chosen
  }
  Object.assign(box, words, { canSelectMany: true, matchOnDescription: true, keepScrollPosition: true })
  const listening = [
    box.onDidChangeSelection(selected => {
      chosen = selected
    }),
    box.onDidChangeValue(typed => search.seek(typed)),
    box.onDidAccept(() => resolve(chosen.map(({ userName }) => userName))),
    box.onDidHide(() => resolve(undefined)),
  ]
  show()
  box.show()
  try {
    return await promise
  } finally {
    search.dispose()
    for (const each of listening) each.dispose()
    box.dispose()
  }
}

function rowOf(person: PersonInfo): Row {
  const { user, name, status } = person
  return {
    user,
    userName: name,
    label: plainLine(listedName(person), limits.name),
    description: `@${plainLine(name, limits.name)}`,
    iconPath: presenceIcon(status),
  }
}
