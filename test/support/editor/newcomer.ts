import type { Desk } from './desk.ts'

/** Somebody new, as they call themselves and log in. */
export interface Newcomer {
  readonly name: string
  readonly password: string
}

/** Starts a team in a fresh window, as the welcome view offers it. Gives the invite that is in the clipboard then. */
export async function startTeam({ window }: Desk, team: string, { name, password }: Newcomer): Promise<string> {
  await window.showContainer('Parley')
  await window.button('Start a Team on This Computer').click()
  await window.answer(/What is the team called/, team)
  await window.answer(/Your name, as people in .* see it/, name)
  await window.answer(/Choose a password/, password)
  await window.answer('The same password again', password)
  await window.notification(`Invite to ${team} copied`).waitFor()
  return await window.clipboard()
}

/** Joins a team in a fresh window by an invite that somebody has sent. */
export async function joinTeam({ window }: Desk, invite: string, { name, password }: Newcomer): Promise<void> {
  await window.showContainer('Parley')
  await window.button('Join a Team').click()
  await window.answer(/Paste the invite/, invite)
  await window.answer(/Your name, as people in .* see it/, name)
  await window.answer(/Choose a password/, password)
  await window.answer('The same password again', password)
}
