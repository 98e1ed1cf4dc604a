import { become, setUp } from './setup.mjs'

await setUp()
await become(['node_modules/mocha/bin/mocha.js', ...process.argv.slice(2)])
