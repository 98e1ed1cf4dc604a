// npm run build: the bundles that the extension ships, the daemon's and its own. Prints what they weigh.
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { buildDaemon, buildExtension, buildSurface, describe } from './bundle.ts'
import { root } from './project.ts'

const daemon = join(root, 'dist', 'daemon')
const extension = join(root, 'extension', 'dist')
const files = await Promise.all([buildDaemon(daemon), buildExtension(extension), buildSurface(extension)])
// The folder `extension` itself runs in a VS Code that develops it.
await cp(daemon, join(extension, 'daemon'), { recursive: true })
console.log(describe(files.flat()))
