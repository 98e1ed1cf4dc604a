import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CodeServer } from '../../test/support/editor/code-server.ts'
import type { Person } from '../../test/support/team.ts'
import { findLocalCode, openLocalCode } from './local-code.ts'
import { writeProject, writeStory } from './story.ts'
import type { DemoTeam } from './team.ts'

export interface Editors extends AsyncDisposable {
  /** How to get to them. */
  readonly words: string
  /** Resolves when the person has closed them all; never where they are pages of a browser. */
  readonly closed: Promise<unknown>
}

/**
 * Opens alice and bob each in a VS Code of their own, with an unread message and a shared code block waiting: windows
 * of the VS Code on this screen, else two addresses for a browser.
 */
export async function openEditors(team: DemoTeam, tell: (text: string) => void): Promise<Editors> {
  const code = findLocalCode({ env: process.env, platform: process.platform })
  tell('Packing the extension …')
  const [vsix] = await Promise.all([pack(join(team.folder, 'package')), writeStory(team)])
  const people = [team.alice, team.bob].map(person => placeOf(team, person))
  for (const { workspace } of people) writeProject(workspace)
  return code ? openWindows(code, vsix, people, tell) : serve(vsix, people, tell)
}

/** The extension as a file. In a process of its own, since the packer prints what a person here need not know. */
async function pack(folder: string): Promise<string> {
  const script = join(import.meta.dirname, '..', 'build', 'package.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--out', folder])
  const [file] = stdout.trim().split('\n').reverse()
  if (!file?.endsWith('.vsix')) throw new Error(`the extension was not packed:\n${stdout}`)
  return join(import.meta.dirname, '..', '..', file)
}

interface Place {
  readonly name: string
  readonly folder: string
  readonly workspace: string
  readonly home: string
}

function placeOf(team: DemoTeam, { name, home }: Person): Place {
  const folder = join(team.folder, `${name}-editor`)
  const workspace = join(folder, 'retry')
  mkdirSync(workspace, { recursive: true, mode: 0o700 })
  return { name, folder, workspace, home }
}

/** Settings of a VS Code that shows Parley and nothing else. */
function settingsOf({ name, home }: Place): Record<string, unknown> {
  return {
    'parley.home': home,
    'window.title': `${name} · Parley demo`,
    'workbench.startupEditor': 'none',
    'chat.disableAIFeatures': true,
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'telemetry.telemetryLevel': 'off',
  }
}

async function openWindows(
  code: string,
  vsix: string,
  people: readonly Place[],
  tell: (text: string) => void,
): Promise<Editors> {
  tell(`Opening two windows of ${code} …`)
  const windows = people.map(place => openLocalCode(code, { ...place, vsix, settings: settingsOf(place) }))
  return {
    words: `Two windows of VS Code open: one is alice's, the other bob's. Click the Parley icon in the bar at the edge.
Close both to end the demo.`,
    closed: Promise.all(windows),
    async [Symbol.asyncDispose]() {},
  }
}

async function serve(vsix: string, people: readonly Place[], tell: (text: string) => void): Promise<Editors> {
  // Whoever else is on this computer could use a page without one, and its terminal.
  const password = randomBytes(9).toString('base64url')
  tell('Starting a VS Code for alice and one for bob …')
  const started = await Promise.allSettled(
    people.map(place =>
      CodeServer.start(
        { folder: place.folder, settings: settingsOf(place), env: { PARLEY_HOME: place.home }, password, isBare: true },
        vsix,
      ),
    ),
  )
  const servers = started.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  const dispose = async () => {
    await Promise.all(servers.map(server => server[Symbol.asyncDispose]()))
  }
  const failure = started.find(each => each.status === 'rejected')
  if (failure) {
    await dispose()
    throw failure.reason
  }
  const addresses = servers.map((server, index) => {
    const { name, workspace } = people[index] ?? { name: '', workspace: '' }
    const port = new URL(server.url).port
    return `  ${`${name}:`.padEnd(7)}http://localhost:${port}/?folder=${encodeURI(workspace)}`
  })
  return {
    words: `Open each in a browser window of its own, side by side, and click the Parley icon in the bar at the edge:

${addresses.join('\n')}

  password for both: ${password}

On another computer? Forward both ports first: ssh -L PORT:localhost:PORT …  Ctrl+C ends it all.`,
    closed: new Promise(() => {}),
    [Symbol.asyncDispose]: dispose,
  }
}
