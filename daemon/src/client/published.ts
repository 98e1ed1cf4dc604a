import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type DaemonFile, formatDaemonFile, parseDaemonFile } from '../protocol/daemon-file.ts'

/**
 * What daemon.json says; `undefined` when there is none. Throws ParleyError `home` when it is not its reader's own and
 * for its owner alone (it tells where a password may be sent), `damaged-data` when it makes no sense.
 */
export async function readDaemonFile(file: string): Promise<DaemonFile | undefined> {
  let handle: FileHandle
  try {
    handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new ParleyError('home', `Cannot read ${file}: ${error instanceof Error ? error.message : error}.`)
  }
  try {
    const { uid, mode, size } = await handle.stat()
    const isForeign = process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o077) !== 0)
    if (isForeign) {
      throw new ParleyError(
        'home',
        `${file} is open to others, so it is not trusted; remove it and start Parley again.`,
      )
    }
    if (size > limits.daemonFile) throw new ParleyError('damaged-data', `${file} is too large to be what it claims.`)
    return parseDaemonFile(await handle.readFile('utf8'))
  } finally {
    await handle.close()
  }
}

/** Publishes how to reach this daemon, at once or not at all, for its owner alone; `undefined` takes it away. */
export async function publishDaemonFile(file: string, daemon: DaemonFile | undefined): Promise<void> {
  if (daemon === undefined) {
    await rm(file, { force: true })
    return
  }
  const draft = `${file}.${randomBytes(4).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(formatDaemonFile(daemon))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (cause) {
    await rm(draft, { force: true })
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ParleyError('home', `Cannot write ${file}: ${reason}.`, { cause })
  }
}
