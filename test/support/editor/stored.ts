import { until } from '../wait.ts'
import type { EditorWindow } from './window.ts'

/**
 * Waits until VS Code has stored something by which a window is restored. In a browser it does so every few seconds, and
 * not when the page goes. `key` and `part` are those of its own database.
 */
export async function stored({ page }: EditorWindow, key: string, part: string): Promise<void> {
  const read = `(async () => {
    const values = []
    for (const { name } of await indexedDB.databases()) {
      const done = request => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
      const database = await done(indexedDB.open(name))
      for (const store of database.objectStoreNames) {
        values.push(await done(database.transaction(store).objectStore(store).get(${JSON.stringify(key)})))
      }
      database.close()
    }
    return values.join()
  })()`
  await until(`VS Code stores ${part} in ${key}`, async () => String(await page.evaluate(read)).includes(part), 30_000)
}
