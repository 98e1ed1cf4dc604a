import { PassThrough, Readable } from 'node:stream'
import { runCli } from '../../daemon/src/cli/program.ts'
import type { Terminal } from '../../daemon/src/cli/terminal.ts'

export interface CliRun {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface CliInput {
  readonly stdin?: string
  /** Whether stdin stays open, with nothing on it. */
  readonly isOpen?: boolean
  readonly env?: NodeJS.ProcessEnv
  /** Whether stdout claims to be a terminal. */
  readonly isTTY?: boolean
}

/** Runs a command line in this process, as somebody at a pipe would. */
export async function cli(args: readonly string[], input: CliInput = {}): Promise<CliRun> {
  const out: string[] = []
  const err: string[] = []
  const terminal: Terminal = {
    stdin: input.isOpen ? new PassThrough() : Readable.from([Buffer.from(input.stdin ?? '')], { objectMode: false }),
    stdout: Object.assign(collect(out), { isTTY: input.isTTY ?? false }),
    stderr: collect(err),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...input.env },
    loadBuiltIns: async () => ({}),
  }
  const code = await runCli(args, terminal)
  return { code, out: out.join(''), err: err.join('') }
}

function collect(parts: string[]): PassThrough {
  const stream = new PassThrough()
  stream.on('data', chunk => parts.push(String(chunk)))
  return stream
}
