// Installs a bundled daemon as an editor does, for tests that run many of them or kill one half-way.
import { installDaemon } from '../../../../daemon/src/client/install.ts'

const [home = '', bundle = ''] = process.argv.slice(2)
console.log(JSON.stringify({ event: 'ready' }))
process.stdin.once('data', async () => console.log(JSON.stringify(await installDaemon(home, bundle))))
process.stdin.on('end', () => process.exit())
