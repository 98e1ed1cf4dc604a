import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import type { CheckInfo } from '../protocol/control.ts'
import { addCommand, type CommonOptions, withDaemon, withHub } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

export function addDoctor(program: Command, terminal: Terminal): void {
  addCommand(program, 'doctor', 'look what is well and what is not: clock, ports, team, relay, storage', [
    'parley doctor',
    'parley doctor --home /srv/parley                  of a registry',
    'parley doctor --json | jq -e \'all(.checks[]; .state != "failed")\'',
  ]).action((options: CommonOptions) => run(terminal, options))
}

/** Ends with exit code 1 when something has failed, so that a script notices. */
async function run(terminal: Terminal, options: CommonOptions): Promise<void> {
  const ask = (client: Parameters<Parameters<typeof withHub>[2]>[0]) => client.request('doctor', {})
  // A registry runs already; a person's hub is started, which is the first thing that may fail.
  const { checks } = await withDaemon(terminal, options, ask).catch(error => {
    if (error instanceof ParleyError && error.code === 'not-running') return withHub(terminal, options, ask)
    throw error
  })
  if (options.json) printJson(terminal, { checks })
  else for (const check of checks) show(terminal, check)
  const count = checks.filter(({ state }) => state === 'failed').length
  // With --json the checks have said it.
  if (count > 0) throw new ParleyError('unreachable', `${count} of ${checks.length} checks failed.`)
  if (!options.json) print(terminal, `\n${closing(checks)}`)
}

function show(terminal: Terminal, { about, state, words, advice }: CheckInfo): void {
  const glyph = { ok: '✓', warning: '!', failed: '✗' }[state]
  const color = { ok: 'green', warning: 'yellow', failed: 'red' } as const
  print(terminal, `${paint(terminal, color[state], glyph)} ${about.padEnd(10)} ${harmlessLine(words)}`)
  if (advice !== undefined) print(terminal, `${' '.repeat(13)}→ ${harmlessLine(advice)}`)
}

function closing(checks: readonly CheckInfo[]): string {
  const warnings = checks.filter(({ state }) => state === 'warning').length
  if (warnings === 0) return 'All is well.'
  return `All works; ${warnings} ${warnings === 1 ? 'thing' : 'things'} could be better.`
}
