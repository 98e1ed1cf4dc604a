import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ParleyError } from '../errors.ts'

/** A home that this process holds, until released or until the process ends, however it ends. */
export interface Lock {
  release(): void
}

/**
 * Takes the home for this process: an exclusive SQLite transaction on `file` that is held and never committed, so the
 * kernel frees it when the process dies. Throws ParleyError `already-running` when another process holds it, `home`
 * when the file cannot be used.
 */
export function acquireLock(file: string): Lock {
  let database: DatabaseSync | undefined
  try {
    createPrivately(file)
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    throw explain(error, file)
  }
  const held = database
  return { release: () => held.isOpen && held.close() }
}

/**
 * SQLite would let others read it. Only ever opened when it is new: closing any descriptor of a file drops the locks
 * that this process holds on it (fcntl(2)).
 */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/** Whether some process holds `file`. */
export function isLocked(file: string): boolean {
  try {
    acquireLock(file).release()
    return false
  } catch (error) {
    if (error instanceof ParleyError && error.code === 'already-running') return true
    throw error
  }
}

const busy = 5
const notADatabase = 26

function explain(error: unknown, file: string): ParleyError {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  if (code === busy) {
    const home = dirname(file)
    const words = `Another Parley daemon is running in ${home}; \`parley stop --home ${home}\` ends it.`
    return new ParleyError('already-running', words)
  }
  if (code === notADatabase) {
    return new ParleyError('home', `${file} is damaged; it holds no data, so remove it and start again.`)
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new ParleyError('home', `Cannot lock ${file}: ${reason}. Give Parley a home that you can write.`, {
    cause: error,
  })
}
