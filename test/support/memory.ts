import type { Memory } from '../../extension/src/chat/outbox.ts'

/** What VS Code keeps for the extension, in a map that outlives what a test builds on it. */
export function fakeMemory(): Memory & { readonly kept: Map<string, unknown> } {
  const kept = new Map<string, unknown>()
  return {
    kept,
    keys: () => [...kept.keys()],
    get: key => kept.get(key),
    async update(key, value) {
      if (value === undefined) kept.delete(key)
      else kept.set(key, value)
    },
  }
}
