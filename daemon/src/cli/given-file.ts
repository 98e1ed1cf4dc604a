import { statSync } from 'node:fs'
import { ParleyError } from '../errors.ts'
import { fileNamed } from '../locations.ts'

/** The whole path of a file that a command is to read. @throws ParleyError `usage` when there is none */
export function givenFile(named: string): string {
  const file = fileNamed(named)
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) throw new ParleyError('usage', `${file} does not exist. Check the path.`)
  if (found.isDirectory()) throw new ParleyError('usage', `${file} is a folder. Name a file in it.`)
  return file
}
