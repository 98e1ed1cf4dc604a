import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import type { AccountInfo, DeviceInfo } from '../protocol/control.ts'
import { sameDigits } from '../protocol/safety-number.ts'
import { accountLine } from './accounts.ts'
import { Answers } from './answers.ts'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { confirm } from './confirm.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { showTime } from './moments.ts'
import { requestPrompted } from './prompted.ts'
import { passwordWanted } from './sign-in.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface YesOptions extends CommonOptions {
  readonly yes?: true
}

interface ApproveOptions extends YesOptions {
  readonly digits?: string
}

/** Adds `parley devices` with what one does about them. */
export function addDevices(program: Command, terminal: Terminal): void {
  const devices = addCommand(program, 'devices', 'your own devices, and those that wait to be approved', [
    'parley devices                  which there are',
    'parley devices approve          let the one in that waits, after comparing digits',
    'parley devices revoke laptop    a lost or stolen one',
  ]).action((options: CommonOptions) => list(terminal, options))
  addCommand(devices, 'approve [device]', 'let a device in that waits: by its name, or the beginning of its id', [
    'parley devices approve',
    "parley devices approve laptop --yes --digits '12345 67890 …'   the digits that show on the laptop",
  ])
    .option('--digits <digits>', 'the 30 digits that show on the other device')
    .option('--yes', 'do not ask; only with --digits')
    .action((device: string | undefined, _: ApproveOptions, command: Command) => {
      return approve(terminal, device, command.optsWithGlobals())
    })
  addCommand(devices, 'revoke <device>', 'remove a device for good, or say no to one that waits', [
    'parley devices revoke laptop',
    'parley devices revoke k3vq --yes',
  ])
    .option('--yes', 'do not ask first')
    .action((device: string, _: YesOptions, command: Command) => revoke(terminal, device, command.optsWithGlobals()))
  addCommand(devices, 'new-key', 'on a device that waits: go on without all others, which are lost', [
    'parley devices new-key',
  ])
    .option('--yes', 'do not ask first')
    .action((_: YesOptions, command: Command) => newKey(terminal, command.optsWithGlobals()))
}

async function list(terminal: Terminal, options: CommonOptions): Promise<void> {
  const { devices, hasAccountKey } = await withHub(terminal, options, client => client.request('devices', {}))
  if (options.json) return printJson(terminal, { devices, hasAccountKey })
  for (const line of columns(devices.map(device => row(terminal, device)))) print(terminal, line)
  for (const { name, digits, isThis } of devices) {
    if (digits) print(terminal, `${isThis ? 'This device' : harmlessLine(name)} shows the digits ${digits}`)
  }
  const isWaiting = devices.some(({ isPending, isThis }) => isPending && !isThis)
  if (isWaiting)
    print(terminal, paint(terminal, 'dim', `Compare them there: parley devices approve${homeHint(options)}`))
  if (devices.some(({ isThis, isPending }) => isThis && isPending)) {
    print(terminal, paint(terminal, 'dim', 'Approve this device on another one of yours.'))
  } else if (!hasAccountKey) {
    print(
      terminal,
      paint(terminal, 'dim', 'The account key has not come here yet: only your other devices can approve.'),
    )
  }
}

async function approve(terminal: Terminal, which: string | undefined, options: ApproveOptions): Promise<void> {
  const { yes, digits: given } = options
  if (yes && given === undefined) {
    throw new ParleyError('usage', '--yes needs --digits with what shows on the other device: nobody else compares it.')
  }
  const approved = await withHub(terminal, options, async client => {
    const device = pendingNamed(await devicesOf(client), which)
    const { digits = '' } = device
    // Who gives other digits is refused by the hub, and is not shown the right ones.
    if (!yes && (given === undefined || sameDigits(given, digits))) await compare(terminal, device, options)
    return client.request('approveDevice', { device: device.device, digits: given ?? digits })
  })
  if (options.json) return printJson(terminal, approved)
  print(terminal, `Approved: ${harmlessLine(approved.name)} is one of your devices from now on.`)
}

/** @throws ParleyError `closed` unless the person has seen the same digits there */
async function compare(terminal: Terminal, device: DeviceInfo, options: ApproveOptions): Promise<void> {
  const { name, address, added, digits = '' } = device
  const from = address ? ` from ${harmlessLine(address)}` : ''
  terminal.stderr.write(`${harmlessLine(name)}, signed in${from}, ${showTime(added)}\n\n    ${digits}\n\n`)
  const otherwise = `Not approved. If the digits differ, somebody is in between: parley devices revoke ${device.device.slice(0, 8)}${homeHint(options)}`
  await confirm(terminal, 'Do the same digits show on the other device?', otherwise)
}

async function revoke(terminal: Terminal, which: string, options: YesOptions): Promise<void> {
  const device = await withHub(terminal, options, async client => {
    const device = named(await devicesOf(client), which)
    if (!options.yes && !device.isPending) await confirm(terminal, farewell(device), 'Nothing was revoked.', '--yes')
    await client.request('revokeDevice', { device: device.device })
    return device
  })
  if (options.json) return printJson(terminal, { device: device.device })
  const name = harmlessLine(device.name)
  print(terminal, device.isPending ? `Said no to ${name}.` : `Revoked ${name}: nobody talks to it any more.`)
}

function farewell({ name }: DeviceInfo): string {
  return `${harmlessLine(name)} is signed out at once and can never be one of your devices again.`
}

async function newKey(terminal: Terminal, options: YesOptions): Promise<void> {
  if (!options.yes) await confirm(terminal, warning, 'Nothing was changed.', '--yes')
  const answers = new Answers(terminal)
  try {
    const account = await withHub(terminal, options, client => askNewKey(terminal, client, answers))
    if (options.json) return printJson(terminal, account)
    print(terminal, accountLine(terminal, account))
    print(terminal, 'This is your only device now. Tell your friends that it was you, and compare safety numbers anew.')
  } finally {
    await answers.close()
  }
}

/** What proves the person must have been shown since the hub has last connected. */
async function askNewKey(terminal: Terminal, client: Client, answers: Answers): Promise<AccountInfo> {
  try {
    return await client.request('newAccountKey', {})
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== 'password-needed') throw error
    const { hub } = await client.request('status', {})
    if (hub?.accounts[0]?.signsInBy === 'prompts') {
      await requestPrompted({ terminal, client, answers }, 'signIn', { afresh: true })
    } else {
      await client.request('signIn', { password: await answers.ask(passwordWanted) })
    }
    return client.request('newAccountKey', {})
  }
}

const warning =
  'This is for when all your other devices are lost: they are removed for good, and everybody is told that your account key has changed. If one of them still works, approve this one there instead.'

async function devicesOf(client: Client): Promise<readonly DeviceInfo[]> {
  return (await client.request('devices', {})).devices
}

function pendingNamed(devices: readonly DeviceInfo[], which: string | undefined): DeviceInfo {
  const pending = devices.filter(({ isPending, isThis }) => isPending && !isThis)
  const [only, another] = pending
  if (which !== undefined) return named(pending, which)
  if (only && !another) return only
  throw new ParleyError(
    'usage',
    only
      ? 'Several devices wait. Name one of them: `parley devices` lists their ids.'
      : 'No device waits. Sign in on the other one first: parley sign-in NAME --registry HOST:PORT',
  )
}

/** By the beginning of an id, or by a name, where only one is meant. */
function named(devices: readonly DeviceInfo[], which: string): DeviceInfo {
  const asked = which.trim().toLowerCase()
  const found = devices.filter(({ device, name }) => {
    return asked !== '' && (device.startsWith(asked) || name.toLowerCase() === asked)
  })
  const [device, another] = found
  if (device && !another) return device
  const words = another ? 'Several devices are meant by' : 'There is no such device:'
  throw new ParleyError('usage', `${words} "${which.slice(0, 80)}". \`parley devices\` lists their ids.`)
}

function row(terminal: Terminal, { device, name, isThis, isOnline, isPending, address, seen }: DeviceInfo): string[] {
  const glyph = isPending ? paint(terminal, 'yellow', '?') : isOnline ? paint(terminal, 'green', '●') : '○'
  const when = isOnline ? 'online' : seen > 0 ? `last seen ${showTime(seen)}` : 'offline'
  const from = address ? ` from ${harmlessLine(address)}` : ''
  const how = isPending ? `waits to be approved, signed in${from}` : when
  return [
    `${glyph} ${device.slice(0, 8)}`,
    paint(terminal, 'bold', harmlessLine(name)),
    paint(terminal, 'dim', isThis ? `this device, ${how}` : how),
  ]
}
