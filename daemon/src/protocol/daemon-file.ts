import { ParleyError } from '../errors.ts'
import { controlProof } from './control-proof.ts'

/** What a running daemon publishes in its home's daemon.json, for its owner alone. */
export interface DaemonFile {
  readonly pid: number
  /** Path of the socket or name of the pipe. */
  readonly socket: string
  readonly version: string
  readonly protocol: { readonly lowest: number; readonly highest: number }
  /** The secret that both ends of a control connection prove: 32 bytes. */
  readonly token: Uint8Array
}

/** The text of daemon.json. The token is hexadecimal. */
export function formatDaemonFile(daemon: DaemonFile): string {
  return `${JSON.stringify({ ...daemon, token: Buffer.from(daemon.token).toString('hex') }, null, 2)}\n`
}

/** Reads the text of daemon.json; unknown keys are ignored. Throws ParleyError `damaged-data`. */
export function parseDaemonFile(text: string): DaemonFile {
  const value = parse(text)
  const { pid, socket, version, token } = value
  const protocol = asRecord(value.protocol)
  if (!isCount(pid) || typeof socket !== 'string' || socket === '' || typeof version !== 'string') throw damaged()
  if (!isCount(protocol.lowest) || !isCount(protocol.highest)) throw damaged()
  if (typeof token !== 'string' || !/^[0-9a-f]*$/.test(token) || token.length !== 2 * controlProof.token)
    throw damaged()
  return {
    pid,
    socket,
    version,
    protocol: { lowest: protocol.lowest, highest: protocol.highest },
    token: Buffer.from(token, 'hex'),
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return asRecord(JSON.parse(text))
  } catch (cause) {
    throw damaged(cause)
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw damaged()
  return { ...value }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function damaged(cause?: unknown): ParleyError {
  return new ParleyError('damaged-data', 'daemon.json does not say how to reach the daemon.', { cause })
}
