import { setImmediate } from 'node:timers/promises'
import { runCli } from './cli/program.ts'
import type { BuiltIns } from './plugins/import.ts'

/** Runs the program with `args` (without node and script) and gives its exit code: 0, 1 (failed) or 2 (usage). */
export async function main(args: readonly string[]): Promise<number> {
  // Whoever read this end of a pipe has had enough: `parley log bob | head`, or the starter of a hub.
  let lost: string | undefined
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (fullCodes.includes(error.code ?? '')) lost = error.code
  })
  const code = await runCli(args, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    builtIns,
  })
  // A stream tells of a failed write a turn later.
  await setImmediate()
  if (lost === undefined) return code
  process.stderr.write(`parley: The output could not be written (${lost}); free some space there and try again.\n`)
  return code === 0 ? 1 : code
}

/** A disk, a quota or a limit of the shell has no room for what is printed. */
const fullCodes: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG']

/** The plugins that come with the program, under the names that a configuration uses. */
const builtIns: BuiltIns = {
  '@parley/storage-sqlite': async () => (await import('@parley/storage-sqlite')).default,
  '@parley/storage-memory': async () => (await import('@parley/storage-memory')).default,
  '@parley/guard-secrets': async () => (await import('@parley/guard-secrets')).default,
  '@parley/auth-password': async () => (await import('@parley/auth-password')).default,
  '@parley/auth-token': async () => (await import('@parley/auth-token')).default,
  '@parley/auth-http': async () => (await import('@parley/auth-http')).default,
}
