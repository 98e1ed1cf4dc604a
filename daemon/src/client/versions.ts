/**
 * Orders versions as semver.org does, rule 11: below zero when `a` is older than `b`. Only to tell which of two programs
 * is newer; whether they understand each other is what protocol versions are for. What is no version is the oldest.
 */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [parse(a), parse(b)]
  if (!first || !second) return Number(first !== undefined) - Number(second !== undefined)
  return comparePart(first.core, second.core) || comparePreRelease(first.preRelease, second.preRelease)
}

interface Version {
  readonly core: readonly string[]
  readonly preRelease: readonly string[]
}

function parse(text: string): Version | undefined {
  const [, core = '', preRelease = ''] =
    /^v?(\d{1,9}\.\d{1,9}\.\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(text) ?? []
  if (core === '') return undefined
  return { core: core.split('.'), preRelease: preRelease === '' ? [] : preRelease.split('.') }
}

/** A release is newer than what came before it. */
function comparePreRelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0)
  return comparePart(a, b)
}

function comparePart(a: readonly string[], b: readonly string[]): number {
  for (const [index, one] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    const order = compareIdentifiers(one, other)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareIdentifiers(a: string, b: string): number {
  const isNumber = [a, b].map(each => /^\d+$/.test(each))
  if (isNumber[0] && isNumber[1]) return Number(a) - Number(b)
  if (isNumber[0] !== isNumber[1]) return isNumber[0] ? -1 : 1
  return a < b ? -1 : Number(a > b)
}
