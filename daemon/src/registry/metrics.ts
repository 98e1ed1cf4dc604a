/** One value of a metric, with the labels that tell it from the others. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** What a metric is at the moment: a number, several with labels, or nothing (then it is left out). */
export type Reading = number | undefined | readonly Sample[]

/**
 * What a registry counts and measures, as OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/).
 * Parts register what they know under names of `a-z`, digits and `_`; a name that ends in `_seconds` or `_bytes` has that
 * unit. Labels must be few and of our own making: never a name or an address of anybody.
 */
export class Metrics {
  readonly #families: Family[] = []

  /** A value that goes up and down, read when somebody asks. */
  gauge(name: string, help: string, read: () => Reading): void {
    this.#add({ name, help, type: 'gauge', lines: () => samples(read()).map(sample => line(name, sample)) })
  }

  /** A count since the start, read when somebody asks; `name` without `_total`. */
  counter(name: string, help: string, read: () => Reading): void {
    const lines = () => samples(read()).map(sample => line(`${name}_total`, sample))
    this.#add({ name, help, type: 'counter', lines })
  }

  /** A count since the start for each value of `label`, which the caller adds to. */
  counts(name: string, help: string, label: string): Counts {
    const counts = new Counts()
    this.counter(name, help, () => [...counts.all()].map(([key, value]) => ({ labels: { [label]: key }, value })))
    return counts
  }

  /** How often a value was at most each of `bounds`, which ascend. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.show(name, help, new Histogram(bounds))
  }

  /** The same, of one that is filled elsewhere. */
  show(name: string, help: string, histogram: Histogram): Histogram {
    this.#add({ name, help, type: 'histogram', lines: () => histogram.lines(name) })
    return histogram
  }

  /** Values that something else has already summed up, such as `{ 0.5: …, 0.99: … }`. */
  quantiles(name: string, help: string, read: () => Readonly<Record<string, number>>): void {
    const lines = () => Object.entries(read()).map(([quantile, value]) => line(name, { labels: { quantile }, value }))
    this.#add({ name, help, type: 'summary', lines })
  }

  /** Everything as text; each line ends with a line feed, the last one says that it is the last. */
  text(): string {
    const families = this.#families.map(({ name, help, type, lines }) => {
      const unit = /_(seconds|bytes)$/.exec(name)?.[1]
      const head = [`# TYPE ${name} ${type}`, ...(unit ? [`# UNIT ${name} ${unit}`] : []), `# HELP ${name} ${help}`]
      return [...head, ...lines()]
    })
    return `${[...families.flat(), '# EOF'].join('\n')}\n`
  }

  #add(family: Family): void {
    if (!/^[a-z][a-z0-9_]*$/.test(family.name)) throw new Error(`${family.name} is no name of a metric`)
    if (this.#families.some(({ name }) => name === family.name)) throw new Error(`${family.name} is registered twice`)
    this.#families.push(family)
  }
}

/** Counts by a label's value. */
export class Counts {
  readonly #counts = new Map<string, number>()

  add(key: string, by = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by)
  }

  all(): Iterable<[string, number]> {
    return this.#counts
  }
}

/** Counts by size. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    const found = this.#bounds.findIndex(bound => value <= bound)
    const index = found < 0 ? this.#bounds.length : found
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#sum += value
  }

  lines(name: string): string[] {
    let total = 0
    const buckets = this.#counts.map((count, index) => {
      total += count
      const bound = this.#bounds[index]
      return line(`${name}_bucket`, { labels: { le: bound === undefined ? '+Inf' : decimal(bound) }, value: total })
    })
    return [...buckets, line(`${name}_count`, { value: total }), line(`${name}_sum`, { value: this.#sum })]
  }
}

interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter' | 'histogram' | 'summary'
  readonly lines: () => string[]
}

function samples(reading: Reading): readonly Sample[] {
  if (reading === undefined) return []
  return typeof reading === 'number' ? [{ value: reading }] : reading
}

function line(name: string, { labels = {}, value }: Sample): string {
  const told = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${told.length > 0 ? `{${told.join(',')}}` : ''} ${numeral(value)}`
}

function numeral(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** Bounds are written as what they are, floats: 1.0, not 1. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
