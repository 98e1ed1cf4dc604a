import { existsSync } from 'node:fs'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { locations } from '../../../daemon/src/locations.ts'
import { artefact } from './artefacts.ts'
import { CodeServer, type ServerOptions } from './code-server.ts'
import { endHub } from './hub-process.ts'
import { type Outside, watchOutside } from './outside.ts'
import { EditorWindow } from './window.ts'

export interface DeskOptions extends Partial<Omit<ServerOptions, 'folder'>> {
  /** Files of the folder that the windows open, by their paths. */
  readonly files?: Readonly<Record<string, string>>
  /** width × height of a window. */
  readonly size?: { readonly width: number; readonly height: number }
}

/** Somebody's place at a computer: a VS Code with the extension, a home for their hub, and windows. */
export class Desk implements AsyncDisposable {
  readonly name: string
  readonly folder: string
  readonly windows: EditorWindow[] = []
  readonly #options: ServerOptions
  #server: CodeServer
  readonly #context: BrowserContext
  readonly #outside: Outside

  private constructor(
    name: string,
    options: ServerOptions,
    server: CodeServer,
    context: BrowserContext,
    outside: Outside,
  ) {
    this.name = name
    this.folder = options.folder
    this.#options = options
    this.#server = server
    this.#context = context
    this.#outside = outside
  }

  static async open(
    browser: Browser,
    vsix: string,
    folder: string,
    name: string,
    { files = {}, size = { width: 1280, height: 800 }, env = {}, ...options }: DeskOptions = {},
  ): Promise<Desk> {
    const workspace = workspaceIn(folder)
    await mkdir(workspace, { recursive: true })
    await Promise.all(Object.entries(files).map(([path, text]) => write(join(workspace, path), text)))
    const started = { isBare: true, ...options, folder, env: { PARLEY_HOME: homeIn(folder), ...env } }
    const server = await CodeServer.start(started, vsix)
    const outside = await watchOutside()
    const context = await browser.newContext({
      viewport: size,
      proxy: { server: outside.proxy, bypass: new URL(server.url).host },
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    context.setDefaultTimeout(30_000)
    const desk = new Desk(name, { ...started, port: Number(new URL(server.url).port) }, server, context, outside)
    await desk.openWindow()
    return desk
  }

  /** The window that was opened first of those that are open. */
  get window(): EditorWindow {
    const [first] = this.windows.filter(({ page }) => !page.isClosed())
    if (!first) throw new Error(`${this.name} has no window open`)
    return first
  }

  get home(): string {
    return homeIn(this.folder)
  }

  get workspace(): string {
    return workspaceIn(this.folder)
  }

  /** What the windows wanted of anybody but their own server. */
  get outside(): readonly string[] {
    return this.#outside.requests
  }

  async openWindow(): Promise<EditorWindow> {
    const window = await EditorWindow.open(this.#context, this.#server.url, this.workspace)
    this.windows.push(window)
    return window
  }

  /** Closes VS Code, and with it ends the background service: this person is offline. */
  async leave(): Promise<void> {
    await Promise.all(this.windows.splice(0).map(window => window.close()))
    // First what would start the hub again.
    await this.#server[Symbol.asyncDispose]()
    await endHub(this.home, 'SIGTERM')
  }

  /** Opens VS Code again, with a window as it was left. */
  async comeBack(): Promise<EditorWindow> {
    this.#server = await CodeServer.start(this.#options)
    return await this.openWindow()
  }

  /** Keeps pictures of the windows and all logs among the artefacts, in the folder `name`. */
  async keep(name: string): Promise<void> {
    const open = this.windows.filter(({ page }) => !page.isClosed())
    await Promise.all(open.map((window, index) => window.screenshot(`${name}/${this.name}-${index + 1}`)))
    const logs = { 'server.log': this.#server.log, logs: this.#server.logs, 'hub-logs': locations(this.home).logs }
    for (const [as, path] of Object.entries(logs)) {
      if (existsSync(path)) await cp(path, artefact(`${name}/${this.name}-${as}`), { recursive: true })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave()
    await this.#context.close()
    await this.#outside[Symbol.asyncDispose]()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function workspaceIn(folder: string): string {
  return join(folder, 'workspace')
}

function homeIn(folder: string): string {
  return join(folder, 'home')
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}
