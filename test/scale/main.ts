// npm run scale: one registry with 20,000 devices online and 100,000 accounts, on this machine. `--devices`, `--accounts`
// and `--processes` change that; it takes some minutes and 4 GB of memory.
import { parseArgs } from 'node:util'
import { measureScale } from './scale.ts'

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '20000' },
    accounts: { type: 'string', default: '100000' },
    processes: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '20' },
    cycles: { type: 'string', default: '3' },
  },
})
const began = performance.now()
await measureScale({
  devices: Number(values.devices),
  accounts: Number(values.accounts),
  processes: Number(values.processes),
  duration: 1000 * Number(values.seconds),
  cycles: Number(values.cycles),
  tell: line => console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}`),
})
process.exit()
