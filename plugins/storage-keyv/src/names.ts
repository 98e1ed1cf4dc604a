/** The keys of the store. All begin with the namespace, also where the adapter puts one in front by itself. */
export class Names {
  readonly namespace: string

  constructor(namespace: string) {
    this.namespace = namespace
  }

  /** Who owns the store, and where its journal stands. */
  get about(): string {
    return `${this.namespace}:about`
  }

  row(key: string): string {
    return `${this.namespace}:row:${key}`
  }

  /** An entry of the journal; the parts of a large one have numbers. */
  journal(epoch: number, sequence: number, part?: number): string {
    return `${this.namespace}:journal:${epoch}:${sequence}${part === undefined ? '' : `:${part}`}`
  }

  /** What a key of the store is; `undefined` when it is none of this storage's. */
  read(name: string): { readonly row: string } | JournalName | 'about' | undefined {
    if (!name.startsWith(`${this.namespace}:`)) return undefined
    const rest = name.slice(this.namespace.length + 1)
    if (rest === 'about') return 'about'
    if (rest.startsWith('row:')) return { row: rest.slice(4) }
    const [, epoch, sequence, part] = /^journal:(\d+):(\d+)(?::(\d+))?$/.exec(rest) ?? []
    if (epoch === undefined) return undefined
    return { epoch: Number(epoch), sequence: Number(sequence), ...(part === undefined ? {} : { part: Number(part) }) }
  }
}

interface JournalName {
  readonly epoch: number
  readonly sequence: number
  readonly part?: number
}
