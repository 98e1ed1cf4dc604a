// Floor: the rows that a start has to read, by bare node:sqlite, and nothing else. `DATABASE` prints how long it took.
import { DatabaseSync } from 'node:sqlite'
import { startGauge } from '../gauge.ts'

const [file = ''] = process.argv.slice(2)
const stop = startGauge()
const start = performance.now()
const database = new DatabaseSync(file)
const all = database.prepare('SELECT key, value FROM rows WHERE key >= ? AND key < ? ORDER BY key')
let rows = 0
let last = ''
for (const prefix of ['ack', 'conversation', 'epochs', 'head', 'mark', 'membership', 'posted']) {
  const found = all.all(`${prefix}/`, `${prefix}0`)
  rows += found.length
  if (prefix === 'conversation') last = String(found[0]?.key ?? '').slice('conversation/'.length)
}
const page = database.prepare('SELECT key, value FROM rows WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT 50')
rows += page.all(`message/${last}/`, `message/${last}0`).length
console.log(JSON.stringify({ ms: performance.now() - start, rows, ...stop() }))
database.close()
