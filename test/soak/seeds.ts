/** Seeds from the first to the last, both included. */
export interface Seeds {
  readonly first: number
  readonly last: number
}

/** Reads `4` or `4..20`; undefined for anything else. */
export function readSeeds(text: string): Seeds | undefined {
  const [, first, last = first] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ?? []
  if (first === undefined || Number(last) < Number(first)) return undefined
  return { first: Number(first), last: Number(last) }
}

/** How to go on from a seed. */
export function again(what: string, { first, last }: Seeds, options = ''): string {
  return `Again: npm run soak -- ${what} --seeds ${first}..${last}${options}`
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}
