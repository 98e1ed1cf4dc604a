import { constants, createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { DeviceId, UserId } from '../protocol/ids.ts'

/** What is noted. A restore replays what must not come undone: denials, disablings, deletions. */
const auditedActs = [
  'user-made',
  'user-disabled',
  'user-enabled',
  'user-deleted',
  'role',
  'reset',
  'password',
  'device-approved',
  'device-denied',
  'account-key',
  'invite',
  'invite-revoked',
  'backup',
  'restored',
  'announced',
] as const

export type AuditedAct = (typeof auditedActs)[number]

/** One act, without any secret. Long texts are cut. */
export interface AuditEvent {
  readonly what: AuditedAct
  /** Whose act it was: a user id, or `operator` at the registry's own machine. */
  readonly by: string
  /** Whom it concerns. */
  readonly user?: UserId
  /** The user's name: after a restore it may be all that is known of them. */
  readonly name?: string
  readonly device?: DeviceId
  /** Of the account key that holds from now on. */
  readonly generation?: number
  /** What else there is to say in a word: the new role, the id of an invite, an address. */
  readonly detail?: string
}

/** An act as the log has it; `at` in ms since 1970. */
export interface AuditLine extends AuditEvent {
  readonly at: number
}

/** Notes what was done. Resolves once it is on disk: an act is answered only then. */
export interface Audit {
  /** @throws ParleyError `storage` when it could not be kept, though the act itself is done */
  note(event: AuditEvent): Promise<void>
}

/**
 * The audit log: a file beside storage, one JSON object a line, only ever appended to. Acts that wait together share one
 * flush. A line that a crash or a full disk has torn is left as it is, and the next one begins on a line of its own.
 */
export class AuditLog implements Audit {
  readonly #file: FileHandle
  readonly #now: () => number
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  /** Whether the file may end in the middle of a line. */
  #isTorn: boolean

  private constructor(file: FileHandle, isTorn: boolean, now: () => number) {
    this.#file = file
    this.#isTorn = isTorn
    this.#now = now
  }

  /** @throws ParleyError `home` when the file cannot be opened */
  static async open(path: string, now: () => number = Date.now): Promise<AuditLog> {
    const { O_APPEND, O_CREAT, O_RDWR, O_NOFOLLOW = 0 } = constants
    try {
      const file = await open(path, O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW, 0o600)
      try {
        await file.chmod(0o600)
        return new AuditLog(file, await endsTorn(file), now)
      } catch (error) {
        await file.close()
        throw error
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new ParleyError('home', `The audit log ${path} cannot be opened: ${reason}.`, { cause })
    }
  }

  note(event: AuditEvent): Promise<void> {
    const noted = Promise.withResolvers<void>()
    this.#waiting.push({ line: lineOf(event, this.#now()), noted })
    this.#writing ??= this.#write()
    return noted.promise
  }

  /** Waits for what was noted, then lets go of the file. */
  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  async #write(): Promise<void> {
    // First what else is noted in this moment: it shares the flush.
    await undefined
    for (let group = this.#take(); group.length > 0; group = this.#take()) {
      try {
        const lines = group.map(({ line }) => line).join('')
        await this.#file.appendFile(this.#isTorn ? `\n${lines}` : lines)
        await this.#file.sync()
        this.#isTorn = false
        for (const { noted } of group) noted.resolve()
      } catch (cause) {
        this.#isTorn = true
        const error = new ParleyError('storage', unkept, { cause })
        for (const { noted } of group) noted.reject(error)
      }
    }
    this.#writing = undefined
  }

  #take(): Waiting[] {
    const group = this.#waiting
    this.#waiting = []
    return group
  }
}

/**
 * The acts of an audit log, the oldest first; none when there is no such file. What is no whole line of a known act is
 * passed over: torn ones, and those of a later version.
 */
export async function* readAudit(path: string): AsyncGenerator<AuditLine> {
  let line: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of createReadStream(path)) {
      let rest: Buffer = chunk
      for (let end = rest.indexOf(lineFeed); end >= 0; end = rest.indexOf(lineFeed)) {
        const read =
          size + end <= limits.auditLine ? readLine(Buffer.concat([...line, rest.subarray(0, end)])) : undefined
        if (read) yield read
        rest = rest.subarray(end + 1)
        line = []
        size = 0
      }
      size += rest.length
      // Of a line that is too long nothing is kept.
      if (size <= limits.auditLine) line.push(rest)
      else line = []
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  // What follows the last line feed is torn: nobody was told that it is kept.
}

interface Waiting {
  readonly line: string
  readonly noted: PromiseWithResolvers<void>
}

const lineFeed = 0x0a

async function endsTorn(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== lineFeed
}

function lineOf({ what, by, user, name, device, generation, detail }: AuditEvent, at: number): string {
  const line: AuditLine = {
    at,
    what,
    by: cut(by),
    ...(user !== undefined && { user }),
    ...(name !== undefined && { name: cut(name) }),
    ...(device !== undefined && { device }),
    ...(generation !== undefined && { generation }),
    ...(detail !== undefined && { detail: cut(detail) }),
  }
  return `${JSON.stringify(line)}\n`
}

function cut(text: string): string {
  return text.length > limits.auditText ? `${text.slice(0, limits.auditText - 1)}…` : text
}

function readLine(bytes: Buffer): AuditLine | undefined {
  try {
    const line: unknown = JSON.parse(bytes.toString('utf8'))
    return isLine(line) ? line : undefined
  } catch {
    return undefined
  }
}

function isLine(line: unknown): line is AuditLine {
  if (typeof line !== 'object' || line === null) return false
  const { at, what, by, user, name, device, generation, detail } = line as Record<string, unknown>
  return (
    Number.isSafeInteger(at) &&
    auditedActs.some(act => act === what) &&
    typeof by === 'string' &&
    [user, name, device, detail].every(text => text === undefined || typeof text === 'string') &&
    (generation === undefined || Number.isSafeInteger(generation))
  )
}

const unkept = 'It was done, but the audit log could not be written. Free some disk space, then look whether it holds.'
