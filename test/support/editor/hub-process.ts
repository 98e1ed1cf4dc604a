import { existsSync, readFileSync } from 'node:fs'
import { locations } from '../../../daemon/src/locations.ts'
import { until } from '../wait.ts'

/** The process of the daemon that serves `home`; undefined while none says so. It may be gone all the same. */
export function hubOf(home: string): number | undefined {
  const { daemonFile } = locations(home)
  if (!existsSync(daemonFile)) return undefined
  const said: unknown = JSON.parse(readFileSync(daemonFile, 'utf8'))
  return typeof said === 'object' && said !== null && 'pid' in said ? Number(said.pid) : undefined
}

/** Ends the daemon of `home`, which an editor has started, and waits until it is gone. */
export async function endHub(home: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const pid = hubOf(home)
  if (pid === undefined || !isAlive(pid)) return
  process.kill(pid, signal)
  await until(`the hub of ${home} ends`, () => !isAlive(pid), 15_000)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
