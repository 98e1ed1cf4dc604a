// npm run pictures: keeps the pictures that test/editor/gallery.pictures.ts has just taken, for the README and the gallery's page.
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../build/project.ts'

const kept = join(root, 'extension', 'pictures')
await rm(kept, { recursive: true, force: true })
await cp(join(root, '.artefacts', 'gallery'), kept, { recursive: true })
