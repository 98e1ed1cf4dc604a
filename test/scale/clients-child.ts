// Many clients of a registry in one process, told what to do by lines of JSON. Arguments: the number of the first one, how
// many, and how many of them only beat.
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { createIdentity, type Identity } from '../../daemon/src/net/identity.ts'
import { addressOf, beatSocket, Client, type Place, Tally } from './client.ts'

type Command =
  | { readonly do: 'connect'; readonly place: Place; readonly lanes: number }
  | { readonly do: 'churn'; readonly perSecond: number; readonly ms: number }
  | { readonly do: 'come and go'; readonly count: number }
  | { readonly do: 'tell' }

const [first = 0, count = 0, beating = 0] = process.argv.slice(2).map(Number)
const identities: Identity[] = []
for (let n = 0; n < count; n++) identities.push(await createIdentity())
const tally = new Tally()
const udp = beatSocket()
const clients: Client[] = []
say({ keys: identities.map(({ spki }) => Buffer.from(spki).toString('base64')) })
createInterface({ input: process.stdin }).on('line', line => void obey(JSON.parse(line)))
process.stdin.on('end', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))

async function obey(command: Command): Promise<void> {
  switch (command.do) {
    case 'connect':
      await connectAll(command.place, command.lanes)
      break
    case 'churn':
      await churn(command.perSecond, command.ms)
      break
    case 'come and go':
      await comeAndGo(command.count)
      break
    case 'tell':
  }
  const { online, bytes, failed, lost, slowest } = tally
  say({ done: command.do, online, beating: tally.beating, bytes, failed, lost, slowest })
}

/** So many at a time. */
async function connectAll(place: Place, lanes: number): Promise<void> {
  for (const [n, identity] of identities.entries()) {
    const isDark = n < beating
    clients.push(new Client({ identity, place, localAddress: addressOf(first + n), tally, ...(isDark ? { udp } : {}) }))
  }
  let next = 0
  const lane = async () => {
    for (let client = clients[next++]; client; client = clients[next++]) {
      client.start()
      while (!client.isOnline) await pause(10)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** People go away and come back to their desks. */
async function churn(perSecond: number, ms: number): Promise<void> {
  const end = performance.now() + ms
  for (let turn = 0; performance.now() < end; turn++) {
    const client = clients[beating + Math.floor(Math.random() * (clients.length - beating))]
    void client?.setStatus(turn % 2 === 0 ? 'away' : 'online')
    await pause(1000 / perSecond)
  }
}

async function comeAndGo(some: number): Promise<void> {
  const chosen = clients.slice(beating, beating + some)
  for (const client of chosen) {
    client.stop(true)
    await pause(1)
  }
  while (chosen.some(client => !client.isOnline)) await pause(20)
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
