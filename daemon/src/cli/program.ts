import { Command, CommanderError } from 'commander'
import { asParleyError, type ErrorCode, ParleyError } from '../errors.ts'
import { version } from '../version.ts'
import { addBlock, addBlocked, addUnblock } from './block.ts'
import { addChat } from './chat.ts'
import { addChats } from './chats.ts'
import { addClassic } from './classic.ts'
import { addConnect } from './connect.ts'
import { addDelete } from './delete.ts'
import { addDevices } from './devices.ts'
import { addDirect } from './direct.ts'
import { addDoctor } from './doctor.ts'
import { addEdit } from './edit.ts'
import { exitCodeOf } from './exit.ts'
import { addExport } from './export.ts'
import { addFile } from './file.ts'
import { addHub } from './hub.ts'
import { addImport } from './import.ts'
import { addInvite } from './invite.ts'
import { addInvites } from './invites.ts'
import { addKeep, addReceipts } from './keep.ts'
import { addLog } from './log.ts'
import { addPassword } from './password.ts'
import { addReached } from './reached.ts'
import { addReact } from './react.ts'
import { addRegistry } from './registry.ts'
import { addRequests } from './requests.ts'
import { addRetention } from './retention.ts'
import { addRoom } from './room.ts'
import { addSearch } from './search.ts'
import { addSend } from './send.ts'
import { addShow } from './show.ts'
import { addSignIn } from './sign-in.ts'
import { addSignOut } from './sign-out.ts'
import { addSignUp } from './sign-up.ts'
import { addStatus } from './status.ts'
import { addStop } from './stop.ts'
import type { Terminal } from './terminal.ts'
import { addUser } from './user.ts'
import { addVerify } from './verify.ts'
import { addWho } from './who.ts'

/** Runs one command line and gives its exit code. Errors are printed, never thrown. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal)
  try {
    refuseUnknownHelp(program, args)
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    const known =
      error instanceof CommanderError ? fromCommander(error, commandOf(program, args)) : asParleyError(error)
    if (!known) return 0
    if (known.message !== '') printError(terminal, known, args.includes('--json'))
    return exitCodeOf(known)
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('parley')
    .description('Team chat, peer to peer: no server reads along.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.stdout.write(text),
      writeErr: text => terminal.stderr.write(text),
      // Printed below, in the same shape as every other error.
      outputError: () => {},
    })
    .addHelpText('after', overview)
  const adds = [
    addSignUp,
    addSignIn,
    addSignOut,
    addPassword,
    addClassic,
    addWho,
    addSend,
    addChat,
    addChats,
    addLog,
    addEdit,
    addDelete,
    addReact,
    addSearch,
    addExport,
    addImport,
    addRetention,
    addRoom,
    addFile,
    addConnect,
    addDevices,
    addVerify,
    addRequests,
    addBlock,
    addUnblock,
    addBlocked,
    addKeep,
    addReceipts,
    addReached,
    addShow,
    addStatus,
    addDoctor,
    addStop,
    addRegistry,
    addInvite,
    addInvites,
    addUser,
    addHub,
    addDirect,
  ]
  for (const add of adds) add(program, terminal)
  return program
}

const overview = `
Examples:
  parley registry --listen 127.0.0.1:3131        start a team on this computer
  parley sign-up alice --registry 127.0.0.1:3131 join it
  parley who                                     who is online
  parley send bob "lunch?"                       send a message
  parley chat bob                                chat

Exit codes: 0 done, 1 failed, 2 what was given cannot be used.`

/** Commander would print the help of the whole program, and not say why. */
function refuseUnknownHelp(program: Command, [first, name]: readonly string[]): void {
  if (first !== 'help' || name === undefined || name.startsWith('-') || commandOf(program, [name])) return
  throw new ParleyError('usage', `Unknown command '${name}'. \`parley --help\` lists what there is.`)
}

/** The command that `args` begin with, if there is such a one, with that within it: `invites revoke`. */
function commandOf(program: Command, [name, ...rest]: readonly string[]): string | undefined {
  const command = program.commands.find(each => each.name() === name)
  if (!command) return undefined
  const inner = commandOf(command, rest)
  return inner === undefined ? command.name() : `${command.name()} ${inner}`
}

/** What commander found wrong, as one of our errors; nothing when it only printed help or the version. */
function fromCommander(error: CommanderError, command: string | undefined): ParleyError | undefined {
  if (error.exitCode === 0) return undefined
  // Bare `parley`: commander has printed the help, which says it all.
  if (error.code === 'commander.help') return new ParleyError('usage', '')
  const said = error.message
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '')
  const help = command === undefined ? 'parley --help' : `parley ${command} --help`
  return new ParleyError('usage', `${said.charAt(0).toUpperCase()}${said.slice(1)}. \`${help}\` lists what there is.`)
}

function printError(terminal: Terminal, { code, message }: ParleyError, asJson: boolean): void {
  const words = signInCodes.includes(code) ? `${message} ${signInHint(message)}` : message
  terminal.stderr.write(asJson ? `${JSON.stringify({ error: { code, message } })}\n` : `parley: ${words}\n`)
}

const signInCodes: readonly ErrorCode[] = ['password-needed', 'signed-out', 'device-denied']

/** A device that was removed is out for good: the computer needs another home, and in this one nothing would come of it. */
function signInHint(message: string): string {
  return message.includes('from a new home')
    ? '`parley sign-in NAME --registry HOST:PORT --home DIR` does.'
    : '`parley sign-in` does.'
}
