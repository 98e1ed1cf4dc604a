// npm run build: the bundles that the extension ships, the daemon's and its own. Prints what they weigh.
import { join } from 'node:path'
import { buildDaemon, buildExtension, buildSurface, describe } from './bundle.ts'
import { root } from './project.ts'

const files = await Promise.all([
  buildDaemon(join(root, 'dist', 'daemon')),
  buildExtension(join(root, 'extension', 'dist', 'extension.cjs')),
  buildSurface(join(root, 'extension', 'dist')),
])
console.log(describe(files.flat()))
