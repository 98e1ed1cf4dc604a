/** How much of the whole is done, rounded down: 100 is all of it. */
export function percentOf(done: number, size: number): number {
  return size === 0 ? 100 : Math.floor((done / size) * 100)
}
