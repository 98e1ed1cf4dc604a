/** The writer's thread: applies groups of batches, each group in one commit, and clears away what has expired and what was removed. */
import { parentPort, workerData } from 'node:worker_threads'
import { Committer } from './committer.ts'
import { openDatabase } from './database.ts'
import { failureOf } from './errors.ts'
import type { FromWriter, ToWriter, WriterData } from './messages.ts'

const port = parentPort
if (port === null) throw new Error('This file is the writer thread of storage-sqlite and runs only as such.')

const { file, maxSize, sweepEvery }: WriterData = workerData
const tell = (message: FromWriter) => port.postMessage(message)

try {
  const database = openDatabase(file, maxSize)
  const committer = new Committer(database, file)
  const sweeping = setInterval(() => {
    committer.sweep()
    committer.empty()
  }, sweepEvery)
  port.on('message', (message: ToWriter) => {
    if (message !== 'close') return tell({ is: 'written', results: committer.commit(message.group) })
    clearInterval(sweeping)
    database.close()
    port.close()
  })
  tell({ is: 'ready' })
} catch (error) {
  tell({ is: 'unopened', failure: failureOf(error, file) })
}
