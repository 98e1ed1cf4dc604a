import { PassThrough, Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
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
  /** A person at a terminal: types each text once what was shown since the one before matches. */
  readonly typed?: readonly (readonly [when: RegExp, keys: string])[]
}

/** Runs a command line in this process, as somebody at a pipe would, or at a terminal when something is `typed`. */
export async function cli(args: readonly string[], input: CliInput = {}): Promise<CliRun> {
  const out: string[] = []
  const err: string[] = []
  const keyboard = input.typed && new Keyboard(input.typed)
  const show = (text: string) => keyboard?.show(text)
  const isTTY = input.isTTY ?? keyboard !== undefined
  const pipe = () =>
    input.isOpen ? new PassThrough() : Readable.from([Buffer.from(input.stdin ?? '')], { objectMode: false })
  const terminal: Terminal = {
    stdin: keyboard?.stdin ?? pipe(),
    stdout: Object.assign(collect(out, show), { isTTY }),
    stderr: Object.assign(collect(err, show), { isTTY }),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...input.env },
    builtIns: {},
  }
  const code = await runCli(args, terminal)
  return { code, out: out.join(''), err: err.join('') }
}

function collect(parts: string[], show: (text: string) => void): PassThrough {
  const stream = new PassThrough()
  stream.on('data', chunk => {
    parts.push(String(chunk))
    show(String(chunk))
  })
  return stream
}

/** Somebody who reads and types. */
class Keyboard {
  readonly stdin = Object.assign(new PassThrough(), { isTTY: true })
  readonly #typed: (readonly [when: RegExp, keys: string])[]
  #shown = ''

  constructor(typed: readonly (readonly [when: RegExp, keys: string])[]) {
    this.#typed = [...typed]
  }

  show(text: string): void {
    this.#shown += stripVTControlCharacters(text)
    const [next] = this.#typed
    if (!next?.[0].test(this.#shown)) return
    this.#typed.shift()
    this.#shown = ''
    setImmediate(() => this.stdin.write(next[1]))
  }
}
