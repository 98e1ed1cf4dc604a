import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A file of `.artefacts`, which people and CI look at after a run. `name` may hold folders; its folder is made. */
export function artefact(name: string): string {
  const file = join(import.meta.dirname, '..', '..', '..', '.artefacts', name.replace(/[^\w./ -]+/g, '-'))
  mkdirSync(dirname(file), { recursive: true })
  return file
}
