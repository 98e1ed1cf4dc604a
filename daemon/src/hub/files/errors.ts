import { ParleyError } from '../../errors.ts'

/** What the system says of a file that a person has named, in words. `path` as they gave it. */
export function fileError(error: unknown, path: string): ParleyError {
  if (error instanceof ParleyError) return error
  const code = systemCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return noSpace()
  return new ParleyError('no-file', `${path} ${fileWords(error)}.`, { cause: error })
}

/** What the system says of a file, as the rest of a sentence that begins with its path. */
export function fileWords(error: unknown): string {
  const code = systemCode(error)
  return words.get(code) ?? `cannot be used (${code})`
}

/** What the system says of a file in the store. */
export function storeError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error
  const code = systemCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return noSpace()
  const sentence = `Parley’s folder of files cannot be used (${code}). Check the disk.`
  return new ParleyError('storage', sentence, { cause: error })
}

export function noSpace(): ParleyError {
  return new ParleyError('no-space', 'There is no room on the disk for this file. Make room; messages need some, too.')
}

export function notHere(): ParleyError {
  return new ParleyError('no-file', 'That file is not on this computer. Fetch it first.')
}

export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

const words: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist. Check the path'],
  ['ENOTDIR', 'does not exist. Check the path'],
  ['EACCES', 'may not be used by you. Check its permissions'],
  ['EPERM', 'may not be used by you. Check its permissions'],
  ['EISDIR', 'is a folder. Name a file'],
  ['EEXIST', 'exists already. Choose another name'],
  ['EROFS', 'is on a disk that cannot be written. Choose another place'],
])
