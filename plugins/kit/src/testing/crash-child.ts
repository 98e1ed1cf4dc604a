/** The process that the crash tests kill: eight writers, each batch two rows, each acknowledged batch one line. */
import { writeSync } from 'node:fs'
import type { Plugin } from '../plugin.ts'

const [dir = '', module = '', options = '{}'] = process.argv.slice(2)
const { default: plugin }: { default: Plugin } = await import(module)
const log = { debug() {}, info() {}, warn: console.error, error: console.error }
const secret = () => Promise.reject(new Error('A storage has no secrets.'))
const given: unknown = JSON.parse(options)
const parsed = plugin.parseOptions ? plugin.parseOptions(given) : given
const { storage } = await plugin.setup({ log, dir, signal: new AbortController().signal, secret }, parsed)
if (storage === undefined) throw new Error(`${plugin.name} offers no storage.`)

const value = new Uint8Array(300).fill(1)
const writers = 8
const write = async (_: unknown, first: number) => {
  for (let number = first; ; number += writers) {
    await storage.write([
      { put: `first/${number}`, value },
      { put: `second/${number}`, value },
    ])
    // Written at once: what the parent reads was acknowledged before the kill.
    writeSync(1, `${number}\n`)
  }
}
await Promise.all(Array.from({ length: writers }, write))
