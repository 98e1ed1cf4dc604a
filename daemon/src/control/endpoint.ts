import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Where a daemon listens for its front ends. */
export interface Endpoint {
  /** A socket's path under 100 bytes, or the name of a pipe. */
  readonly socket: string
  /** To be called once listening: makes the socket its owner's alone. */
  protect(): Promise<void>
  remove(): Promise<void>
}

/**
 * Chooses a short random name: a socket in a new folder of the owner's alone (0700) under XDG_RUNTIME_DIR or the
 * temporary folder, or a named pipe on Windows. A Unix socket's path may not exceed 103 bytes on macOS, so homes, which
 * may lie deep, are no place for it.
 */
export async function makeEndpoint(env: NodeJS.ProcessEnv = process.env): Promise<Endpoint> {
  if (process.platform === 'win32') {
    const socket = `\\\\.\\pipe\\parley-${randomBytes(16).toString('hex')}`
    return { socket, protect: async () => {}, remove: async () => {} }
  }
  const folder = await mkdtemp(path.join(await baseFolder(env), 'parley-'))
  const socket = path.join(folder, 's')
  return {
    socket,
    protect: () => chmod(socket, 0o600),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Removes what a daemon that was killed left of its socket. Anything that does not look like one of ours stays. */
export async function removeStaleEndpoint(socket: string): Promise<void> {
  const folder = path.dirname(socket)
  if (process.platform === 'win32' || !/^parley-[A-Za-z0-9]{6}$/.test(path.basename(folder))) return
  if (path.basename(socket) !== 's') return
  await rm(socket, { force: true })
  await rm(folder, { recursive: true, force: true })
}

/** The longest base that leaves room for `/parley-XXXXXX/s` in 100 bytes. */
const longestBase = 100 - '/parley-XXXXXX/s'.length - 1

async function baseFolder(env: NodeJS.ProcessEnv): Promise<string> {
  for (const base of [env.XDG_RUNTIME_DIR, tmpdir()]) {
    if (base && path.isAbsolute(base) && Buffer.byteLength(base) <= longestBase && (await isFolder(base))) return base
  }
  return '/tmp'
}

async function isFolder(name: string): Promise<boolean> {
  return stat(name).then(
    found => found.isDirectory(),
    () => false,
  )
}
