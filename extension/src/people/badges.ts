import { EventEmitter, type FileDecoration, type FileDecorationProvider, ThemeColor, Uri, window } from 'vscode'
import type { Disposable } from '../event.ts'
import { unreadBadge, unreadWords } from '../shared/unread.ts'
import type { PersonRow, Unread } from './rows.ts'

const scheme = 'parley-person'

/** The address by which VS Code decorates a person's row. */
export function personUri(user: string): Uri {
  return Uri.from({ scheme, path: `/${user}` })
}

/** The number at the end of the row of somebody of whom something was not read. */
export class PersonBadges implements FileDecorationProvider, Disposable {
  readonly #news = new EventEmitter<Uri[]>()
  readonly #registration: Disposable
  #shown: ReadonlyMap<string, Unread> = new Map()

  readonly onDidChangeFileDecorations = this.#news.event

  constructor() {
    this.#registration = window.registerFileDecorationProvider(this)
  }

  show(rows: readonly PersonRow[]): void {
    const before = this.#shown
    const shown = new Map(rows.flatMap(({ user, unread }) => (unread.count > 0 ? [[user, unread] as const] : [])))
    this.#shown = shown
    const changed = [...new Set([...before.keys(), ...shown.keys()])].filter(user => {
      const [old, now] = [before.get(user), shown.get(user)]
      return old?.count !== now?.count || old?.isMuted !== now?.isMuted
    })
    if (changed.length > 0) this.#news.fire(changed.map(personUri))
  }

  provideFileDecoration(uri: Uri): FileDecoration | undefined {
    const unread = uri.scheme === scheme ? this.#shown.get(uri.path.slice(1)) : undefined
    if (!unread) return undefined
    return {
      badge: unreadBadge(unread.count),
      tooltip: unreadWords(unread.count),
      ...(unread.isMuted ? {} : { color: new ThemeColor('textLink.foreground') }),
    }
  }

  dispose(): void {
    this.#registration.dispose()
    this.#news.dispose()
  }
}
