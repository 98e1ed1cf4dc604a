/** A path in a message, as a workspace may be asked for it. */
export interface PlacePath {
  /** From the root of a workspace folder, with `/`. */
  readonly segments: readonly string[]
  /** The path is absolute: it counts only when it lies inside a folder. */
  readonly isAbsolute: boolean
}

/**
 * Reads a path that somebody else wrote. `undefined`: it leads out of where it begins, or is none. Only `/` and `\`
 * separate: what a message says must name the same file on every system.
 */
export function readPlacePath(path: string): PlacePath | undefined {
  // Device names, alternate streams and URIs have a colon; a drive's is the one that a path may begin with.
  const [, drive, rest = ''] = /^([a-z]:(?=[\\/]))?([^:]*)$/i.exec(path.trim()) ?? []
  const slashed = rest.replaceAll('\\', '/')
  if (slashed.startsWith('//') || /\p{Cc}/u.test(slashed)) return undefined
  const segments = slashed.split('/').filter(segment => segment !== '' && segment !== '.')
  if (segments.length === 0 || segments.includes('..')) return undefined
  const isAbsolute = drive !== undefined || slashed.startsWith('/')
  return { segments: drive === undefined ? segments : [drive.toLowerCase(), ...segments], isAbsolute }
}

/** A workspace folder, as far as it decides where a place is. */
export interface FolderName {
  readonly name: string
  /** The path of its URI: with `/`, `/c:/…` on Windows. */
  readonly path: string
}

/** Where a place may be: a folder by its number, and the segments from its root. Likelier ones first. */
export interface Candidate {
  readonly folder: number
  readonly segments: readonly string[]
}

/**
 * The files that a path may mean: beneath each folder, and without the folder's own name in front, which a person with
 * several folders sends along.
 */
export function candidatesOf(
  { segments, isAbsolute }: PlacePath,
  folders: readonly FolderName[],
): readonly Candidate[] {
  if (isAbsolute) {
    return folders.flatMap(({ path }, folder) => {
      const root = path.split('/').filter(Boolean)
      const isInside = segments.length > root.length && root.every((part, n) => isSamePart(part, segments[n] ?? '', n))
      return isInside ? [{ folder, segments: segments.slice(root.length) }] : []
    })
  }
  const [first, ...rest] = segments
  const named = folders.flatMap(({ name }, folder) =>
    name === first && rest.length > 0 ? [{ folder, segments: rest }] : [],
  )
  const direct = folders.map((_, folder) => ({ folder, segments }))
  return folders.length > 1 ? [...named, ...direct] : [...direct, ...named]
}

/** Drive letters come in either case. */
function isSamePart(a: string, b: string, at: number): boolean {
  return a === b || (at === 0 && /^[a-z]:$/i.test(a) && a.toLowerCase() === b.toLowerCase())
}

/**
 * A glob for all files whose path may end in `segments`; `?` stands for what would have a meaning in it, so what it
 * finds is to be looked at by {@link endsIn}.
 */
export function globOf(segments: readonly string[]): string {
  return `**/${segments.map(segment => segment.replace(/[*?[\]{}!,\\]/g, '?')).join('/')}`
}

/** Whether a URI's path ends in these segments. */
export function endsIn(path: string, segments: readonly string[]): boolean {
  return `/${path}`.endsWith(`/${segments.join('/')}`)
}
