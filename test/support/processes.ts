import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process of a test's own: its ready line, what it printed, and ways to end it. */
export interface Process<Ready> extends AsyncDisposable {
  readonly pid: number
  /** The first line of stdout, parsed. */
  readonly ready: Ready
  /** Everything printed to stderr so far. */
  readonly errors: () => string
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** The lines of stdout after the first. */
  onLine(listener: (line: string) => void): void
  write(line: string): void
  /** SIGTERM, and SIGKILL when that does not help within 10 s. */
  stop(): Promise<number | NodeJS.Signals>
  /** SIGKILL: as when the power goes. */
  kill(): Promise<void>
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Arguments for Node itself, before the script. */
  readonly node?: readonly string[]
  /** A command that runs the process, such as one that puts it into a network of its own. */
  readonly within?: readonly string[]
  /** ms until the ready line must have come. */
  readonly deadline?: number
}

/** Starts a script on this Node and waits for its first line of stdout, which must be JSON. */
export async function startProcess<Ready>(
  script: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Process<Ready>> {
  const [program = process.execPath, ...before] = [...(options.within ?? []), process.execPath]
  const child = spawn(program, [...before, ...(options.node ?? []), script, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', chunk => {
    errors = (errors + chunk).slice(-1_000_000)
  })
  child.stdin.on('error', () => {}) // a child that ended early says so through `ended`
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1))
  })
  const lines = createInterface({ input: child.stdout })
  const listeners: ((line: string) => void)[] = []
  const first = await firstLine(child, lines, ended, options.deadline ?? 15_000, () => errors)
  lines.on('line', line => {
    for (const listener of listeners) listener(line)
  })
  const stop = () => endChild(child, ended)
  return {
    pid: child.pid ?? -1,
    ready: JSON.parse(first) as Ready,
    errors: () => errors,
    ended,
    onLine: listener => listeners.push(listener),
    write: line => child.stdin.write(`${line}\n`),
    stop,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}

async function firstLine(
  child: ChildProcess,
  lines: NodeJS.EventEmitter,
  ended: Promise<unknown>,
  deadline: number,
  errors: () => string,
): Promise<string> {
  const timeout = AbortSignal.timeout(deadline)
  const result = await Promise.race([
    once(lines, 'line', { signal: timeout }).then(
      ([line]) => ({ line: String(line) }),
      () => ({ fault: `gave no ready line within ${deadline} ms` }),
    ),
    ended.then(code => ({ fault: `ended with ${code} before it was ready` })),
  ])
  if ('line' in result) return result.line
  child.kill('SIGKILL')
  await ended
  throw new Error(`${child.spawnargs.join(' ')} ${result.fault}\n${errors()}`)
}

async function endChild(
  child: ChildProcess,
  ended: Promise<number | NodeJS.Signals>,
): Promise<number | NodeJS.Signals> {
  child.stdin?.end()
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  try {
    return await ended
  } finally {
    clearTimeout(timer)
  }
}
