/** How many keys a bucket holds before it is split: small enough to move cheaply, large enough to keep buckets few. */
const bucketSize = 512

/**
 * An ordered set of strings, for storages over what knows no order: buckets of sorted keys, so that an insertion moves
 * hundreds of keys and never all.
 */
export class SortedKeys {
  #buckets: string[][] = [[]]

  add(key: string): void {
    const index = this.#bucketOf(key)
    const bucket = this.#buckets[index] ?? []
    const at = firstAtLeast(bucket, key)
    if (bucket[at] === key) return
    bucket.splice(at, 0, key)
    if (bucket.length > bucketSize) this.#buckets.splice(index + 1, 0, bucket.splice(bucketSize / 2))
  }

  delete(key: string): void {
    const index = this.#bucketOf(key)
    const bucket = this.#buckets[index] ?? []
    const at = firstAtLeast(bucket, key)
    if (bucket[at] !== key) return
    bucket.splice(at, 1)
    if (bucket.length === 0 && this.#buckets.length > 1) this.#buckets.splice(index, 1)
  }

  /** The keys from `from` (inclusive) up to `below` (exclusive), ascending. */
  *ascending(from: string, below: string): Generator<string> {
    for (let index = this.#bucketOf(from); index < this.#buckets.length; index++) {
      const bucket = this.#buckets[index] ?? []
      for (let at = firstAtLeast(bucket, from); at < bucket.length; at++) {
        const key = bucket[at]
        if (key === undefined || key >= below) return
        yield key
      }
    }
  }

  /** The same keys, descending. */
  *descending(from: string, below: string): Generator<string> {
    for (let index = this.#bucketOf(below); index >= 0; index--) {
      const bucket = this.#buckets[index] ?? []
      for (let at = firstAtLeast(bucket, below) - 1; at >= 0; at--) {
        const key = bucket[at]
        if (key === undefined || key < from) return
        yield key
      }
    }
  }

  /** The last bucket whose first key is not above `key`, else the first one. */
  #bucketOf(key: string): number {
    let low = 0
    let high = this.#buckets.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#buckets[middle]?.[0] ?? '') <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}

function firstAtLeast(sorted: readonly string[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
