import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { cached } from './cache.ts'
import { fetchCodeServer } from './fetch.ts'

export type Theme = 'dark' | 'light' | 'high contrast' | 'high contrast light'

export interface ServerOptions {
  /** Where everything of it goes: settings, extensions, logs. It must exist. */
  readonly folder: string
  readonly theme?: Theme
  /** User settings beside the ones that keep the workbench quiet. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Lets a window be told to run tests inside its extension host; it shows no notifications then. */
  readonly runsTests?: boolean
  /** The language of the workbench, as BCP 47. */
  readonly locale?: string
  readonly env?: Readonly<Record<string, string>>
  /** Any free one where absent. */
  readonly port?: number
  /** What its page asks for; without one it lets in whoever is on this computer. */
  readonly password?: string
  /** Without those of VS Code's own extensions that do nothing for a chat: they take a quarter of what a window costs. */
  readonly isBare?: boolean
}

/** One VS Code, served on a port of its own to this computer. */
export class CodeServer implements AsyncDisposable {
  /** http://127.0.0.1:PORT */
  readonly url: string
  readonly folder: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(url: string, folder: string, child: ChildProcess, ended: Promise<unknown>) {
    this.url = url
    this.folder = folder
    this.#child = child
    this.#ended = ended
  }

  /** Resolves when it listens. With `vsix` that extension is installed in it, and no other. */
  static async start(options: ServerOptions, vsix?: string): Promise<CodeServer> {
    const { folder } = options
    const [script] = await Promise.all([fetchCodeServer(), seed(options)])
    if (vsix) await install(script, folder, vsix)
    const args = [
      ...placesIn(folder),
      ...quiet,
      ...(options.isBare ? ['--vscode-option', `builtin-extensions-dir=${await fewExtensions(script, folder)}`] : []),
      ...['--bind-addr', `127.0.0.1:${options.port ?? 0}`],
      ...['--auth', options.password ? 'password' : 'none'],
      ...(options.locale ? ['--locale', options.locale] : []),
      ...(options.runsTests ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    ]
    const child = spawn(process.execPath, [script, ...args], {
      cwd: folder,
      env: { ...environment(options), ...(options.password && { PASSWORD: options.password }) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // the leader of a group, so that all it starts can be ended with it
    })
    const ended = once(child, 'exit')
    const log = createWriteStream(logOf(folder), { flags: 'a' })
    for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false })
    try {
      const url = await listening(child)
      return new CodeServer(url, folder, child, ended)
    } catch (error) {
      await end(child, ended)
      throw error
    }
  }

  /** What it printed, for a look after a failure. */
  get log(): string {
    return logOf(this.folder)
  }

  /** The folder with the logs of VS Code's own parts and of the extension. */
  get logs(): string {
    return join(this.folder, 'data', 'logs')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child, this.#ended)
  }
}

const themes: Readonly<Record<Theme, string>> = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  'high contrast': 'Default High Contrast',
  'high contrast light': 'Default High Contrast Light',
}

const quietSettings = {
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  // Each frame is drawn by the processor here: what moves by itself would take it from the tests.
  'workbench.reduceMotion': 'on',
  'editor.cursorBlinking': 'solid',
  'editor.minimap.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.enableExperiments': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'git.enabled': false,
  'remote.autoForwardPorts': false, // else it tells of every port that a hub opens
}

const quiet = [
  '--disable-telemetry',
  '--disable-update-check',
  '--disable-workspace-trust',
  '--disable-getting-started-override',
]

function placesIn(folder: string): string[] {
  const place = (name: string) => join(folder, name)
  return ['--user-data-dir', place('data'), '--extensions-dir', extensionsIn(folder), '--config', place('config.yaml')]
}

/**
 * Extensions of VS Code that ask much of each start, for debugging and for sources. None that also runs in the browser:
 * what the server has not the browser's own extension host would look for.
 */
const leftOut = /^(copilot|ms-vscode\..*|git|grunt|gulp|jake|php-language-features|debug-.*)$/

/** A folder with the other ones, of links. It may be there already. */
async function fewExtensions(script: string, folder: string): Promise<string> {
  const all = join(dirname(script), '..', '..', 'lib', 'vscode', 'extensions')
  const few = join(folder, 'builtin')
  if (existsSync(few)) return few
  await mkdir(few)
  const names = (await readdir(all)).filter(name => !leftOut.test(name))
  await Promise.all(names.map(name => symlink(join(all, name), join(few, name))))
  return few
}

function logOf(folder: string): string {
  return join(folder, 'server.log')
}

async function seed({ folder, theme = 'dark', settings = {} }: ServerOptions): Promise<void> {
  const user = join(folder, 'data', 'User')
  if (existsSync(join(user, 'settings.json'))) return // it was here before
  const machine = join(folder, 'data', 'Machine')
  await Promise.all([mkdir(user, { recursive: true }), mkdir(machine, { recursive: true })])
  const all = Object.entries({ ...quietSettings, 'workbench.colorTheme': themes[theme], ...settings })
  // Settings of the machine's scope are read from the machine's own file where the window is a browser's.
  const ofExtension = all.filter(([name]) => name.startsWith('parley.'))
  await writeFile(join(user, 'settings.json'), JSON.stringify(Object.fromEntries(all), null, 2))
  await writeFile(join(machine, 'settings.json'), JSON.stringify(Object.fromEntries(ofExtension), null, 2))
  await writeFile(join(folder, 'config.yaml'), '')
}

function environment({ folder, env = {} }: ServerOptions): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PARLEY|VSCODE|npm)_|^NODE_OPTIONS$/.test(name))
  return {
    ...Object.fromEntries(inherited),
    HOME: folder,
    EXTENSIONS_GALLERY: '{}', // none, so that none is asked
    // This Node first: what the extension starts finds one that is new enough.
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    ...env,
  }
}

/** Puts the extension where VS Code looks for what it has installed, as it has once installed it itself. */
async function install(script: string, folder: string, vsix: string): Promise<void> {
  const from = await installed(script, vsix)
  const to = extensionsIn(folder)
  await cp(from, to, { recursive: true })
  const list = join(to, 'extensions.json')
  await writeFile(list, (await readFile(list, 'utf8')).replaceAll(from, to))
}

/** The folder in which VS Code has installed just that extension: it takes seconds, and each window wants one. */
async function installed(script: string, vsix: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(vsix))
    .digest()
  const made = await cached('installed', String(hash.readUIntBE(0, 6)), async (folder, final) => {
    const args = [script, ...placesIn(folder), '--install-extension', vsix]
    const env = environment({ folder })
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, cwd: folder, timeout: 60_000 })
    if (!/successfully installed/.test(stdout)) throw new Error(`${vsix} was not installed:\n${stdout}${stderr}`)
    const list = join(extensionsIn(folder), 'extensions.json')
    const text = await readFile(list, 'utf8')
    await writeFile(list, text.replaceAll(extensionsIn(folder), extensionsIn(final)))
  })
  return extensionsIn(made)
}

function extensionsIn(folder: string): string {
  return join(folder, 'extensions')
}

async function listening(child: ChildProcess): Promise<string> {
  const deadline = AbortSignal.timeout(30_000)
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  const seen: string[] = []
  const found = Promise.withResolvers<string>()
  lines.on('line', line => {
    seen.push(line)
    const [, url] = /HTTP server listening on (http:\S+?)\/?$/.exec(line) ?? []
    if (url) found.resolve(url)
  })
  const fail = (why: string) => found.reject(new Error(`code-server ${why}:\n${seen.join('\n')}`))
  child.once('exit', code => fail(`ended with ${code}`))
  deadline.addEventListener('abort', () => fail('did not listen within 30 s'))
  return await found.promise
}

/** SIGTERM, and SIGKILL for all of its group that is left: extension hosts outlive their windows. */
async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(late)
  try {
    process.kill(-Number(child.pid), 'SIGKILL')
  } catch {
    // Nothing of it is left.
  }
}
