import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type OpenStorage, withFolder, withOpen } from './subject.ts'

/** A module whose default export is the plugin, as a URL, and the plugin's options. */
export interface CrashModule {
  readonly module: string
  readonly options?: unknown
}

/** After how many acknowledged batches the process is killed: from the first commit to the thick of it. */
const kills = [1, 40, 400]

export function crashTests(open: OpenStorage, crash: CrashModule): void {
  describe('a crash in the middle of writes', () => {
    for (const after of kills) {
      it(`loses nothing acknowledged and halves no batch, killed after ${after}`, () =>
        withFolder(async dir => {
          const acknowledged = await writeAndDie(dir, crash, after)
          assert.ok(acknowledged.length >= after)
          await withOpen(open, dir, async storage => {
            const rows = new Set<string>()
            for (let cursor: string | undefined; ; ) {
              const page = await storage.list('', { limit: 1_000, ...(cursor === undefined ? {} : { after: cursor }) })
              for (const [key] of page.rows) rows.add(key)
              cursor = page.rows.at(-1)?.[0]
              if (!page.more) break
            }
            for (const batch of acknowledged) assert.ok(rows.has(`first/${batch}`), `batch ${batch} was lost`)
            for (const key of rows) {
              const [row, batch] = key.split('/')
              const other = `${row === 'first' ? 'second' : 'first'}/${batch}`
              assert.ok(rows.has(other), `${key} is there without ${other}`)
            }
          })
        }))
    }
  })
}

/** Runs writers in a process of their own, kills it after so many acknowledgements, and gives all that were heard. */
async function writeAndDie(dir: string, crash: CrashModule, after: number): Promise<string[]> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const script = fileURLToPath(new URL(`./crash-child.${extension}`, import.meta.url))
  const child = spawn(process.execPath, [script, dir, crash.module, JSON.stringify(crash.options ?? {})], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += chunk
  })
  const deadline = setTimeout(() => child.kill('SIGKILL'), 15_000)
  const closed = once(child, 'close')
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === after) child.kill('SIGKILL')
  }
  const [code, signal] = await closed
  clearTimeout(deadline)
  assert.equal(signal, 'SIGKILL', `the writing process ended by itself with ${code}: ${errors}`)
  return acknowledged
}
