import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { print, printJson, type Terminal } from './terminal.ts'

/** A command that keeps something of a chat, on all of one's own devices. */
interface Keeping {
  readonly name: string
  readonly about: string
  /** What it says once it is done. */
  readonly done: string
  /** As JSON. */
  readonly fields: object
  keep(client: Client, conversation: string, who: string): Promise<unknown>
}

const keepings: readonly Keeping[] = [
  {
    name: 'mute',
    about: 'be told of new messages by their number only',
    done: 'is muted',
    fields: { muted: true },
    keep: (client, conversation) => client.request('setMuted', { conversation, muted: true }),
  },
  {
    name: 'unmute',
    about: 'be told of new messages again',
    done: 'is not muted',
    fields: { muted: false },
    keep: (client, conversation) => client.request('setMuted', { conversation, muted: false }),
  },
  {
    name: 'archive',
    about: 'put a chat aside until somebody writes there; for good while it is muted',
    done: 'is archived',
    fields: { archived: true },
    keep: (client, conversation) => client.request('setArchived', { conversation, archived: true }),
  },
  {
    name: 'unarchive',
    about: 'list a chat among the others again',
    done: 'is not archived',
    fields: { archived: false },
    keep: (client, conversation) => client.request('setArchived', { conversation, archived: false }),
  },
  {
    name: 'pin',
    about: 'list a chat before all others',
    done: 'is pinned',
    fields: { pinned: true },
    keep: (client, conversation) => client.request('setPinned', { conversation, pinned: true }),
  },
  {
    name: 'unpin',
    about: 'list a chat by its last message again',
    done: 'is not pinned',
    fields: { pinned: false },
    keep: (client, conversation) => client.request('setPinned', { conversation, pinned: false }),
  },
  {
    name: 'unread',
    about: 'mark a chat as unread until it is read again',
    done: 'is marked as unread',
    fields: { unread: true },
    keep: (client, conversation) => client.request('markUnread', { conversation }),
  },
  {
    name: 'read',
    about: 'mark everything in a chat as read',
    done: 'is read',
    fields: { unread: false },
    async keep(client, conversation, who) {
      const { messages } = await client.request('history', { with: conversation, limit: 1 })
      const position = messages.at(-1)?.position
      if (position === undefined) throw new ParleyError('usage', `There are no messages with ${who} yet.`)
      return client.request('markRead', { conversation, position })
    },
  },
]

export function addKeep(program: Command, terminal: Terminal): void {
  for (const keeping of keepings) {
    const { name, about } = keeping
    addCommand(program, `${name} <who>`, about, [`parley ${name} bob`]).action(
      (who: string, options: CommonOptions) => {
        return run(terminal, keeping, who, options)
      },
    )
  }
}

export function addReceipts(program: Command, terminal: Terminal): void {
  addCommand(program, 'receipts [on|off]', 'whether others see what you have read, and you what they have', [
    'parley receipts',
    'parley receipts off',
  ]).action((choice: string | undefined, options: CommonOptions) => receipts(terminal, choice, options))
}

async function run(terminal: Terminal, keeping: Keeping, who: string, options: CommonOptions): Promise<void> {
  await withHub(terminal, options, async client => {
    const { conversation } = await client.request('openChat', { with: who })
    await keeping.keep(client, conversation.conversation, who)
  })
  if (options.json) printJson(terminal, { with: who, ...keeping.fields })
  else print(terminal, `${harmlessLine(who)} ${keeping.done}.`)
}

/** Without a choice it says how they are. */
async function receipts(terminal: Terminal, choice: string | undefined, options: CommonOptions): Promise<void> {
  if (choice !== undefined && choice !== 'on' && choice !== 'off') {
    throw new ParleyError('usage', `Receipts are on or off, not "${choice}".`)
  }
  const areOn = await withHub(terminal, options, async client => {
    if (choice !== undefined) await client.request('setReceipts', { receipts: choice === 'on' })
    if (choice !== undefined) return choice === 'on'
    const { hub } = await client.request('status', {})
    return hub?.accounts[0]?.areReceiptsOff !== true
  })
  if (options.json) printJson(terminal, { receipts: areOn })
  else if (areOn) print(terminal, 'Others see what you have read, and you see what they have.')
  else print(terminal, 'Others do not see what you have read, nor you what they have.')
}
