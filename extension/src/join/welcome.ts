import type { AccountInfo } from '@parley/daemon/protocol/control'
import { commands } from 'vscode'
import type { Context } from '../context.ts'
import { limits } from '../limits.ts'
import { wordsOf } from './faults.ts'
import { firstToTalkTo } from './first-chat.ts'
import { whenSeen } from './when-seen.ts'

/** Shows who has just come in whom they can talk to, and opens the first chat if anybody else is there. */
export async function welcome(context: Context, { user, state }: AccountInfo): Promise<void> {
  if (state === 'pending') return showPending()
  const { hub, chats, log } = context
  const isIn = () => hub.accounts?.some(account => account.user === user) === true
  await whenSeen(() => isIn() && hub.people.total > 0, [hub.onAccounts, hub.onPeople], limits.firstPeople)
  await showPeople(context)
  const person = firstToTalkTo(hub.people, user)
  if (!person) return
  try {
    await chats.open(person.name, { focus: 'composer' })
  } catch (error) {
    log.warn(`The first chat could not be opened: ${wordsOf(error)}`)
  }
}

/** Shows what a device that waits has to show. The view is there once the window knows; its container always is. */
export async function showPending(): Promise<void> {
  await commands.executeCommand('workbench.view.extension.parley')
}

/** The view is there only once the window knows that somebody has signed up. */
async function showPeople({ log }: Context): Promise<void> {
  try {
    await commands.executeCommand('parley.people.focus')
  } catch (error) {
    log.warn(`The list of people could not be shown: ${wordsOf(error)}`)
  }
}
