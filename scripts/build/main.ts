// npm run build: the bundles that the extension ships, the daemon's and its own. Prints what they weigh.
import { join } from 'node:path'
import { buildDaemon, buildExtension, describe } from './bundle.ts'
import { root } from './project.ts'

const files = await Promise.all([
  buildDaemon(join(root, 'dist', 'daemon')),
  buildExtension(join(root, 'extension', 'dist', 'extension.cjs')),
])
console.log(describe(files.flat()))
