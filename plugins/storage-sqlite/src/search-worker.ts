/** The thread of the search index: one task after the other, while no other thread waits; in between it tidies up. */
import { parentPort, workerData } from 'node:worker_threads'
import type { FromSearch, SearchData, ToSearch } from './search-messages.ts'
import { SearchTasks } from './search-tasks.ts'
import { Tidying } from './tidying.ts'

const port = parentPort
if (port === null) throw new Error('This file is the search thread of storage-sqlite and runs only as such.')

const data: SearchData = workerData
const tell = (message: FromSearch) => port.postMessage(message)
const tasks = new SearchTasks(data, why => tell({ is: 'lost', why }))
const tidying = new Tidying(tasks, data.tidyPause)

port.on('message', (message: ToSearch) => {
  if (message !== 'close') {
    tell({ is: 'answer', number: message.number, outcome: tasks.run(message.task) })
    tidying.wake()
    return
  }
  tidying.end()
  tasks.close()
  port.close()
})
