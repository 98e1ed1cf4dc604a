import { spawn } from 'node:child_process'
import { parley } from './team.ts'

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs one command of the real program to its end, with `stdin` as all of its input. SIGKILL after 30 s. */
export async function runParley(args: readonly string[], env: NodeJS.ProcessEnv = {}, stdin = ''): Promise<Ended> {
  const { PARLEY_PASSWORD: _, PARLEY_INVITE: __, ...inherited } = process.env
  const child = spawn(process.execPath, [parley, ...args], { env: { ...inherited, ...env } })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text
  })
  child.stdin.on('error', () => {}).end(stdin)
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  clearTimeout(late)
  return { code, out, err }
}
