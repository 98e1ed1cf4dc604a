import type { Command } from 'commander'
import type { ListedInvite } from '../protocol/control.ts'
import { addCommand, type CommonOptions } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { showTime } from './moments.ts'
import { withTeam } from './registry-home.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

export function addInvites(program: Command, terminal: Terminal): void {
  const invites = addCommand(program, 'invites', 'the invites to the team; at the registry’s home, or an admin’s own', [
    'parley invites                        what was made, and how often it was used',
    'parley invites revoke ID              from now on nobody signs up with that one',
  ])
  invites.action((options: CommonOptions) => list(terminal, options))
  addCommand(invites, 'revoke <id>', 'let nobody sign up with an invite any more', [
    'parley invites revoke k3jq5wz7a2mn',
  ]).action((id: string, _own: CommonOptions, command: Command) => revoke(terminal, id, command.optsWithGlobals()))
}

async function list(terminal: Terminal, options: CommonOptions): Promise<void> {
  const found = await withTeam(terminal, options, client => client.request('invites', {}))
  if (options.json) return printJson(terminal, found)
  for (const line of columns(found.invites.map(invite => rowOf(terminal, invite)))) print(terminal, line)
  if (found.invites.length === 0) print(terminal, 'There are no invites. `parley invite` makes one.')
}

async function revoke(terminal: Terminal, id: string, options: CommonOptions): Promise<void> {
  await withTeam(terminal, options, client => client.request('revokeInvite', { id }))
  if (options.json) printJson(terminal, { revoked: id })
  else print(terminal, `The invite ${id} is revoked. Accounts that were made with it stay.`)
}

function rowOf(terminal: Terminal, { id, uses, used, expires, created, forName, by }: ListedInvite): string[] {
  const isOver = expires <= Date.now()
  const until = isOver ? `expired ${showTime(expires)}` : `until ${showTime(expires)}`
  const isDead = isOver || used >= uses
  return [
    isDead ? paint(terminal, 'dim', id) : paint(terminal, 'bold', id),
    `used ${used} of ${uses}`,
    used >= uses ? 'used up' : until,
    forName === undefined ? '' : `for ${harmlessLine(forName)}`,
    paint(terminal, 'dim', `made ${showTime(created)}${by === undefined ? '' : ` by ${harmlessLine(by)}`}`),
  ]
}
