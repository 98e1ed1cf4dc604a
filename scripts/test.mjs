import { become, setUp } from './setup.mjs'

await setUp()
const args = process.argv.slice(2)
const everything = ['test/unit/**/*.test.ts', 'test/system/**/*.test.ts']
// Files that are named are run alone; options are added to everything.
const isNamed = args.some(arg => arg.endsWith('.ts'))
await become(['node_modules/mocha/bin/mocha.js', ...args, ...(isNamed ? [] : everything)])
