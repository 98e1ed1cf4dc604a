import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { asParleyError, ParleyError } from '../errors.ts'
import type { RoomConversation, RoomDetail, RoomHistory, RoomInfo, RoomMember } from '../protocol/control.ts'
import { byActivity } from '../protocol/conversation-infos.ts'
import { printCatchingUp } from './chats.ts'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { personLabel, personRow } from './people.ts'
import { tagOf } from './room-tag.ts'
import { shellWord } from './shell-word.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface CreateOptions extends CommonOptions {
  readonly topic?: string
  readonly history?: string
  readonly invite?: readonly string[]
}

/** Rooms: what there are, who belongs to them, and what may be done there. */
export function addRoom(program: Command, terminal: Terminal): void {
  const room = addCommand(program, 'room', 'rooms: chats of many', [
    'parley room                          the rooms you are in, or are invited to',
    'parley room create "Tea club" --invite bob cas',
    'parley room join "#tea-club"         accept an invitation',
    'parley send "#tea-club" "hello"      write there',
  ]).action((options: CommonOptions) => list(terminal, options))
  addCreate(room, terminal)
  for (const act of acts) addAct(room, terminal, act)
}

type RoomStanding = RoomInfo['standing']

/** A command about one room, named first. */
interface RoomAct {
  readonly usage: string
  readonly about: string
  readonly example: string
  /** What it asks for; the words behind the room come as given. */
  ask(client: Client, conversation: string, words: readonly string[]): Promise<object>
  /** What it says once it is done. `was`: as one stood there before. */
  say(done: { readonly room: string; readonly words: readonly string[]; readonly was: RoomStanding }): string
}

const acts: readonly RoomAct[] = [
  {
    usage: 'show <room>',
    about: 'who belongs to a room, the most senior first',
    example: 'parley room show "#tea-club"',
    ask: (client, conversation) => client.request('room', { conversation }),
    say: () => '',
  },
  {
    usage: 'invite <room> <who...>',
    about: 'invite people to a room',
    example: 'parley room invite "#tea-club" dan eve',
    ask: (client, conversation, who) => each(who, name => client.request('inviteToRoom', { conversation, who: name })),
    say: ({ room, words }) => `Invited to ${room}: ${words.join(', ')}.`,
  },
  {
    usage: 'join <room>',
    about: 'accept the invitation to a room',
    example: 'parley room join "#tea-club"',
    ask: (client, conversation) => client.request('joinRoom', { conversation }),
    say: ({ room }) => `You are in ${room} now.`,
  },
  {
    usage: 'leave <room>',
    about: 'go out of a room, or decline its invitation; what was said stays here',
    example: 'parley room leave "#tea-club"',
    ask: (client, conversation) => client.request('leaveRoom', { conversation }),
    say: ({ room, was }) => (was === 'invited' ? `You have declined to come to ${room}.` : `You are out of ${room}.`),
  },
  {
    usage: 'rename <room> <name...>',
    about: 'call a room otherwise; for its admins',
    example: 'parley room rename "#tea-club" Coffee club',
    ask: (client, conversation, words) => client.request('changeRoom', { conversation, name: words.join(' ') }),
    say: ({ room, words }) => `${room} is called ${words.join(' ')} now.`,
  },
  {
    usage: 'topic <room> [topic...]',
    about: 'say what a room is about; without a topic it has none. For its admins',
    example: 'parley room topic "#tea-club" Which tea next?',
    ask: (client, conversation, words) => client.request('changeRoom', { conversation, topic: words.join(' ') }),
    say: ({ room, words }) =>
      words.length > 0 ? `The topic of ${room}: ${words.join(' ')}` : `${room} has no topic any more.`,
  },
  {
    usage: 'history <room> <what>',
    about: 'what those see who come later: all, or from-invitation; for its admins',
    example: 'parley room history "#tea-club" from-invitation',
    ask: (client, conversation, [what]) => client.request('changeRoom', { conversation, history: readHistory(what) }),
    say: ({ room, words }) =>
      words[0] === 'all'
        ? `Whoever comes to ${room} sees all that was said.`
        : `Whoever is invited to ${room} from now on sees what is said from then on.`,
  },
  {
    usage: 'remove <room> <who...>',
    about: 'put people out of a room: nothing they write from then on counts; for its admins',
    example: 'parley room remove "#tea-club" eve',
    ask: (client, conversation, who) =>
      each(who, name => client.request('removeFromRoom', { conversation, who: name })),
    say: ({ room, words }) => `Out of ${room}: ${words.join(', ')}.`,
  },
  {
    usage: 'promote <room> <who>',
    about: 'make somebody an admin of a room; for its admins',
    example: 'parley room promote "#tea-club" bob',
    ask: (client, conversation, [who = '']) => client.request('setRoomRole', { conversation, who, role: 'admin' }),
    say: ({ room, words }) => `${words.join(' ')} is an admin of ${room} now.`,
  },
  {
    usage: 'demote <room> <who>',
    about: 'make an admin a member again; for those more senior, and for oneself',
    example: 'parley room demote "#tea-club" bob',
    ask: (client, conversation, [who = '']) => client.request('setRoomRole', { conversation, who, role: 'member' }),
    say: ({ room, words }) => `${words.join(' ')} is a member of ${room} now.`,
  },
]

function addAct(room: Command, terminal: Terminal, act: RoomAct): void {
  addCommand(room, act.usage, act.about, [act.example]).action(async (...given: unknown[]) => {
    const command = given.at(-1)
    const [which = '', ...words] = given.slice(0, -2).flat().filter(isText)
    const options = optionsOf(command)
    await withHub(terminal, options, async client => {
      const found = await roomNamed(client, which)
      const done = await act.ask(client, found.conversation, words)
      if (options.json) return printJson(terminal, done)
      if (isDetail(done) && act.usage.startsWith('show')) return showDetail(terminal, done)
      const shown = { room: harmlessLine(found.room.name), words: words.map(harmlessLine), was: found.room.standing }
      print(terminal, act.say(shown))
    })
  })
}

function addCreate(room: Command, terminal: Terminal): void {
  addCommand(room, 'create <name>', 'found a room', [
    'parley room create "Tea club"',
    'parley room create "Tea club" --topic "Which tea next?" --invite bob cas',
    'parley room create Plans --history from-invitation   later members do not see what was said before',
  ])
    .option('--topic <topic>', 'what it is about')
    .option('--history <what>', 'what those see who come later: all (the usual), or from-invitation')
    .option('--invite <who...>', 'people to invite at once')
    .action(async (name: string, _own: CreateOptions, command: Command) => {
      const options = command.optsWithGlobals<CreateOptions>()
      const { topic, history, invite } = options
      const wish = {
        name,
        ...(topic !== undefined && { topic }),
        ...(history !== undefined && { history: readHistory(history) }),
        ...(invite && { invite }),
      }
      const detail = await withHub(terminal, options, client => client.request('createRoom', wish))
      if (options.json) return printJson(terminal, detail)
      print(terminal, `Write there: parley send ${shellWord(tagOf(detail.conversation))} "hello"${homeHint(options)}`)
      showDetail(terminal, detail)
    })
}

async function list(terminal: Terminal, options: CommonOptions): Promise<void> {
  const { conversations, isCatchingUp } = await withHub(terminal, options, client => client.request('subscribe', {}))
  const rooms = byActivity(conversations).filter(each => each.kind === 'room')
  if (options.json) return printJson(terminal, { rooms, ...(isCatchingUp && { isCatchingUp }) })
  for (const line of columns(rooms.map(room => roomRow(terminal, room)))) print(terminal, line)
  if (rooms.length === 0) {
    print(terminal, `There are no rooms. Found one: parley room create NAME${homeHint(options)}`)
  }
  if (isCatchingUp) printCatchingUp(terminal)
}

/** A room by `#name`, by name, or by its id. */
async function roomNamed(client: Client, text: string): Promise<RoomConversation> {
  const isId = /^[a-z2-7]{52}$/.test(text)
  const named = isId || text.startsWith('#') ? text : `#${text}`
  const { conversation } = await client.request('room', { conversation: named })
  if (conversation.kind === 'room') return conversation
  throw new ParleyError('unknown-room', `No room here is called "${text}". List them with: parley room`)
}

function roomRow(terminal: Terminal, { room, conversation, unread, lastLine }: RoomConversation): string[] {
  const standing =
    room.standing === 'invited' ? `invited by ${room.by ? personLabel(room.by) : 'somebody'}` : room.standing
  return [
    paint(terminal, 'bold', `#${harmlessLine(room.name)}`),
    room.members === 1 ? '1 member' : `${room.members} members`,
    standing,
    unread > 0 ? `${unread} unread` : '',
    paint(terminal, 'dim', `${conversation.slice(0, 8)}  ${harmlessLine(room.topic || lastLine)}`),
  ]
}

function showDetail(terminal: Terminal, { conversation, members }: RoomDetail): void {
  if (conversation.kind !== 'room') return
  const { name, topic, history, standing } = conversation.room
  const sees =
    history === 'all' ? 'whoever comes sees all that was said' : 'whoever is invited sees what is said from then on'
  print(terminal, `${paint(terminal, 'bold', `#${harmlessLine(name)}`)}${topic ? `  ${harmlessLine(topic)}` : ''}`)
  print(terminal, paint(terminal, 'dim', `${conversation.conversation}, ${sees}, you: ${standing}`))
  for (const line of columns(members.map(member => memberRow(terminal, member)))) print(terminal, line)
}

function memberRow(terminal: Terminal, { person, role, isSelf }: RoomMember): string[] {
  return [...personRow(terminal, person), isSelf ? `${role}, you` : role]
}

function readHistory(text: string | undefined): RoomHistory {
  if (text === 'all' || text === 'from-invitation') return text
  throw new ParleyError(
    'usage',
    `Later members see all, or from-invitation; not ${JSON.stringify(text?.slice(0, 40))}.`,
  )
}

/** One after the other: the first that fails ends it, and says for whom it was done before. */
async function each<Result>(
  names: readonly string[],
  ask: (name: string) => Promise<Result>,
): Promise<{ done: Result[] }> {
  const done: Result[] = []
  for (const name of names) {
    try {
      done.push(await ask(name))
    } catch (error) {
      const { code, message } = asParleyError(error)
      const before = names.slice(0, done.length).map(harmlessLine).join(', ')
      throw before === ''
        ? error
        : new ParleyError(code, `It was done for ${before}; then: ${message}`, { cause: error })
    }
  }
  return { done }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isDetail(value: object): value is RoomDetail {
  return 'members' in value && 'conversation' in value
}

function optionsOf(command: unknown): CommonOptions {
  if (typeof command === 'object' && command !== null && 'optsWithGlobals' in command) {
    return (command as Command).optsWithGlobals<CommonOptions>()
  }
  return {}
}
