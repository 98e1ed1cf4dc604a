/** The thread of the search index: whatever it does, it does one task after the other, and keeps no other thread waiting. */
import { parentPort, workerData } from 'node:worker_threads'
import { failureOf } from './errors.ts'
import { SearchDatabase } from './search-database.ts'
import type { FromSearch, SearchAnswer, SearchData, SearchResult, SearchTask, ToSearch } from './search-messages.ts'

const port = parentPort
if (port === null) throw new Error('This file is the search thread of storage-sqlite and runs only as such.')

const tell = (message: FromSearch) => port.postMessage(message)
const data: SearchData = workerData
const { file } = data
let database: SearchDatabase | undefined

port.on('message', (message: ToSearch) => {
  if (message === 'close') {
    database?.close()
    port.close()
    return
  }
  tell({ is: 'answer', number: message.number, outcome: outcomeOf(message.task) })
})

function outcomeOf(task: SearchTask): SearchAnswer['outcome'] {
  try {
    return { is: 'done', result: resultOf(task) }
  } catch (error) {
    const failure = failureOf(error, file)
    if (failure.code !== 'damaged-data') return { is: 'failed', failure }
    // Nothing is in an index that is not in storage: whoever fills it sees by its new name that it is empty.
    database?.close()
    database = undefined
    return { is: 'failed', failure: remade(failure.message) }
  }
}

function remade(why: string) {
  try {
    database = SearchDatabase.make(file)
    const message = `The search index was damaged (${why.replace(/\.$/, '')}) and is being made anew. Search again later.`
    return { code: 'damaged-data', message, isFinal: false } as const
  } catch (error) {
    return failureOf(error, file)
  }
}

function resultOf(task: SearchTask): SearchResult {
  database ??= SearchDatabase.open(data, why => tell({ is: 'lost', why }))
  switch (task.is) {
    case 'identity':
      return database.identity
    case 'put':
      return void database.put(task.documents)
    case 'remove':
      return void database.remove(task.ids)
    case 'search':
      return database.search(task.query)
    case 'clear':
      database.close()
      database = undefined
      database = SearchDatabase.make(file)
      return undefined
  }
}
