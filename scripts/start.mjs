import { become, setUp } from './setup.mjs'

await setUp()
await become(['scripts/demo/main.ts', ...process.argv.slice(2)])
