// Plain JavaScript for any Node from 20 on: runs before anything is installed.
import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Node 24, as the root's devDependency `node` brings it. */
export const node = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

const cache = join(root, 'node_modules', '.cache', 'compiled')
const lock = join(root, 'package-lock.json')
// npm writes this file last: an install that was cut short leaves none.
const installed = join(root, 'node_modules', '.package-lock.json')

/** Installs the dependencies when the lock file is newer than what is there. Never reads stdin. */
export async function setUp() {
  if (existsSync(installed) && existsSync(node) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  say('Installing dependencies, once. This takes about half a minute.')
  const progress = setInterval(() => say(`Still installing, ${seconds()} s so far.`), 5000)
  const [command, before] = process.env.npm_execpath
    ? [process.execPath, [process.env.npm_execpath]]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []]
  try {
    // Not `npm ci`: it refuses a lock file made where a registry lacks the optional packages of other platforms.
    // stdout goes to stderr: what a script prints stays clean for pipes.
    await run(
      command,
      [...before, 'install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'],
      {
        stdio: ['ignore', 2, 2],
      },
    )
  } catch (error) {
    say(`The installation failed (${error.message}). Check the lines above and your connection, then try again.`)
    process.exit(1)
  } finally {
    clearInterval(progress)
  }
  say(`Installed in ${seconds()} s.`)
}

/** Runs a program of Node 24 in this one's place: same stdin, stdout, signals and exit code. */
export async function become(args) {
  process.exit(await runNode(args))
}

/** Runs a program of Node 24 with this one's stdin, stdout and signals. Gives its exit code. */
export function runNode(args, env = {}) {
  const bin = join(root, 'node_modules', '.bin')
  const separator = process.platform === 'win32' ? ';' : ':'
  const child = spawn(node, args, {
    cwd: root,
    stdio: 'inherit',
    // The sources are stripped of their types at each start: the cache more than halves what a start costs.
    env: {
      NODE_COMPILE_CACHE: cache,
      ...process.env,
      ...env,
      PATH: `${bin}${separator}${process.env.PATH ?? ''}`,
    },
    shell: process.platform === 'win32',
  })
  // A terminal sends Ctrl+C to the whole group; the child decides when it is done.
  const forward = signal => child.kill(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (status, signal) => {
      for (const name of signals) process.off(name, forward)
      resolve(signal ? 1 : (status ?? 1))
    })
  })
}

function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, ...options })
    child.on('error', reject)
    child.on('exit', code => (code === 0 ? resolve() : reject(new Error(`npm ended with exit code ${code}`))))
  })
}

function say(text) {
  process.stderr.write(`${text}\n`)
}
