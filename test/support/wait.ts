/**
 * Asks every 20 ms, for what has no event to wait for (a file, another process), until `ask` gives something other than
 * `undefined` or `false`. Rejects after `deadline` ms, naming `what`.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  deadline = 10_000,
): Promise<T> {
  const end = performance.now() + deadline
  for (;;) {
    const found = await ask()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error(`${what}: not within ${deadline} ms`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
