import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Client, connectOrStart, type StartOptions } from '../../daemon/src/client/index.ts'
import { isLocked } from '../../daemon/src/client/lock.ts'
import { locations } from '../../daemon/src/locations.ts'
import { buildBundles } from '../support/daemon-bundle.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startHub } from '../support/team.ts'
import { cli } from '../support/terminal.ts'
import { until } from '../support/wait.ts'

describe('a hub that an editor starts', function () {
  this.timeout(60_000)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let bundles: Awaited<ReturnType<typeof buildBundles>>
  let one: string
  let two: string

  before(async () => {
    folder = await temporaryFolder()
    bundles = await buildBundles(folder.path)
    one = await bundles.as('1.0.0')
    two = await bundles.as('2.0.0')
  })
  after(() => folder[Symbol.asyncDispose]())

  let homes = 0
  async function newPerson() {
    const home = path.join(folder.path, `home-${++homes}`)
    await mkdir(home, { mode: 0o700 })
    await writeFile(path.join(home, 'parley.json'), '{ "hub": { "listen": ["127.0.0.1:0"] } }')
    const clients: Client[] = []
    return {
      home,
      async start(bundle: string, options: Partial<StartOptions> = {}) {
        const client = await connectOrStart({ home, client: 'test', bundle, ...options })
        clients.push(client)
        return client
      },
      versions: () => readdir(locations(home).versions),
      async [Symbol.asyncDispose]() {
        for (const client of clients) client.close()
        await cli(['stop', '--home', home])
        await until('the end of the hub', () => !isLocked(locations(home).lock))
      },
    }
  }

  it('runs from a copy in the home, with nothing of the editor’s surroundings', async () => {
    await using person = await newPerson()
    const env = { ...process.env, NODE_OPTIONS: '--no-warnings', VSCODE_PID: '1', ELECTRON_RUN_AS_NODE: '1' }
    const { daemon } = await person.start(one, { env })
    assert.equal(daemon.daemon, '1.0.0')
    assert.equal(daemon.isBackground, true)
    const [name = ''] = await person.versions()
    assert.match(name, /^1\.0\.0-/)
    if (process.platform !== 'linux') return
    const command = await readFile(`/proc/${daemon.pid}/cmdline`, 'utf8')
    assert.ok(command.includes(path.join(locations(person.home).versions, name, 'bin', 'parley.js')), command)
    assert.doesNotMatch(await readFile(`/proc/${daemon.pid}/environ`, 'utf8'), /NODE_OPTIONS|VSCODE_|ELECTRON_/)
  })

  it('makes way for a newer one, whose editor all others then follow', async () => {
    await using person = await newPerson()
    const older = await person.start(one)
    const newer = await person.start(two)
    await older.closed
    assert.equal(newer.daemon.daemon, '2.0.0')
    const back = await person.start(one)
    assert.equal(back.daemon.pid, newer.daemon.pid, 'a newer one stays')
  })

  it('ends up as the newest, whoever starts or comes back at the same time', async () => {
    await using person = await newPerson()
    await person.start(one)
    const all = await Promise.all([two, one, two, one, one, two].map(bundle => person.start(bundle)))
    const { daemon } = await person.start(one)
    assert.equal(daemon.daemon, '2.0.0')
    const staying = all.filter(client => client.daemon.pid === daemon.pid)
    assert.ok(staying.length >= 3, 'the three newer ones stay connected')
  })

  it('is the newest that is in the home, though an older editor starts it', async () => {
    await using person = await newPerson()
    const newer = await person.start(two)
    await newer.request('stop', {})
    await newer.closed
    const { daemon } = await person.start(one)
    assert.equal(daemon.daemon, '2.0.0')
  })

  it('leaves alone what somebody runs in the foreground', async () => {
    await using person = await newPerson()
    await using hub = await startHub(person.home)
    const { daemon } = await person.start(await bundles.as('3.0.0'))
    assert.equal(daemon.pid, hub.pid)
    assert.equal(daemon.daemon, bundles.version)
  })

  it('keeps the copies of the two newest versions', async () => {
    await using person = await newPerson()
    for (const version of ['1.1.0', '1.2.0', '1.3.0']) await person.start(await bundles.as(version))
    const names = await person.versions()
    assert.deepEqual(names.map(name => name.slice(0, 5)).sort(), ['1.2.0', '1.3.0'])
  })
})
