// npm run package: the extension as one .vsix for every platform, in dist or the folder --out. Prints what it weighs, its path
// last; fails when it is too heavy.
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './project.ts'
import { packageExtension, weighPackage } from './vsix.ts'

const { values } = parseArgs({ options: { 'images-url': { type: 'string' }, out: { type: 'string' } } })
const imagesUrl = values['images-url']
const packaged = await packageExtension(
  resolve(values.out ?? join(root, 'dist')),
  imagesUrl === undefined ? {} : { imagesUrl },
)
const { lines, tooHeavy } = await weighPackage(packaged)
console.log(lines.join('\n'))
console.log(relative(root, packaged.vsix))
if (tooHeavy.length > 0) {
  console.error(`Too heavy to ship: ${tooHeavy.join(', ')}. The aims and their reason are in scripts/build/vsix.ts.`)
  process.exitCode = 1
}
