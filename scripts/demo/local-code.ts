import { execFile } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** A computer as far as it says which editor can be shown on it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly platform: NodeJS.Platform
}

const names = ['code', 'code-insiders', 'codium']

/**
 * The command of a VS Code that opens its windows on this very screen. `undefined` where there is none, no display to
 * show it on, or where `code` is the remote kind, which opens a window on somebody's other computer.
 */
export function findLocalCode({ env, platform }: Surroundings): string | undefined {
  if (!hasDisplay(env, platform) || isRemote(env)) return undefined
  const suffix = platform === 'win32' ? '.cmd' : ''
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean)
  const commands = names.flatMap(name => folders.map(folder => join(folder, name + suffix)))
  return commands.find(command => existsSync(command) && !/remote-cli|vscode-server|code-server/.test(whole(command)))
}

function hasDisplay(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  if (env.SSH_CONNECTION || env.SSH_TTY) return false
  return platform === 'darwin' || platform === 'win32' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
}

/** In a terminal of a remote window, in a container that one made, or in WSL, where `code` is that of Windows. */
function isRemote(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.VSCODE_IPC_HOOK_CLI || env.REMOTE_CONTAINERS || env.CODESPACES || env.WSL_DISTRO_NAME)
}

function whole(command: string): string {
  return realpathSync(command)
}

export interface LocalWindow {
  /** For its settings and extensions: nothing of the person's own VS Code is touched. */
  readonly folder: string
  readonly workspace: string
  readonly vsix: string
  readonly settings: Readonly<Record<string, unknown>>
}

/** Opens a window of its own; resolves when it is closed. */
export async function openLocalCode(command: string, window: LocalWindow): Promise<void> {
  const { folder, workspace, vsix, settings } = window
  const places = ['--user-data-dir', join(folder, 'data'), '--extensions-dir', join(folder, 'extensions')]
  await mkdir(join(folder, 'data', 'User'), { recursive: true })
  await writeFile(join(folder, 'data', 'User', 'settings.json'), JSON.stringify(settings, null, 2))
  const run = (...args: string[]) => promisify(execFile)(...callOf(command, [...places, ...args], process.platform))
  await run('--install-extension', vsix, '--force')
  await run('--new-window', '--wait', '--disable-workspace-trust', workspace)
}

/** How `command` is called: on Windows it is a script of the shell, which takes a space for the end of a name. */
export function callOf(command: string, args: readonly string[], platform: NodeJS.Platform) {
  const shell = platform === 'win32'
  // No name there can hold a quotation mark.
  const written = (text: string) => (shell ? `"${text}"` : text)
  return [written(command), args.map(written), { shell }] as const
}
