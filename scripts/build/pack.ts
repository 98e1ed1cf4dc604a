// npm run pack: the tarballs of the packages, ready for `npm publish FILE`, in dist/packages.
import { join, relative } from 'node:path'
import { packPackages } from './packages.ts'
import { root } from './project.ts'

for (const file of await packPackages(join(root, 'dist', 'packages'))) console.log(relative(root, file))
