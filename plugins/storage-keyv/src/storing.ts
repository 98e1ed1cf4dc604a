import type { Calls } from './calls.ts'
import type { Changed } from './journal.ts'
import { limits } from './limits.ts'
import type { Names } from './names.ts'

/** Brings changes that are in the journal into their rows, in any order and as often as it takes. */
export async function storeRows(calls: Calls, names: Names, changed: Changed): Promise<void> {
  let entries: { key: string; value: string }[] = []
  let removed: string[] = []
  let bytes = 0
  const store = async () => {
    await Promise.all([calls.setMany(entries), calls.delete(removed)])
    entries = []
    removed = []
    bytes = 0
  }
  for (const [key, value] of changed) {
    if (value === undefined) removed.push(names.row(key))
    else entries.push({ key: names.row(key), value })
    bytes += value?.length ?? 0
    if (entries.length + removed.length >= limits.callRows || bytes >= limits.callBytes) await store()
  }
  await store()
}
