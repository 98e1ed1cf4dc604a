import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { fileWords } from '../files/errors.ts'

/** A line of a file, and which one it is, from 1 on. */
export interface NumberedLine {
  readonly number: number
  readonly text: string
}

/** The lines of a file, one at a time. @throws ParleyError `usage` when it cannot be read or a line is too long */
export async function* readLines(file: string): AsyncGenerator<NumberedLine> {
  const stream = createReadStream(file, { encoding: 'utf8', highWaterMark: limits.exportChunk })
  let rest = ''
  let number = 0
  try {
    for await (const chunk of stream) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const text of lines) yield { number: ++number, text }
      if (rest.length > limits.importLine) throw lineError(number + 1, 'it is longer than any that an export has')
    }
  } catch (error) {
    if (error instanceof ParleyError) throw error
    throw new ParleyError('usage', `${file} ${fileWords(error)}.`, { cause: error })
  } finally {
    stream.destroy()
  }
  if (rest !== '') yield { number: number + 1, text: rest }
}

/** Bytes of a file; 0 where it cannot be known, which reading it then says. */
export async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined)
  return found?.size ?? 0
}

/** What is wrong with a line of an export. */
export function lineError(number: number, why: string): ParleyError {
  return new ParleyError(
    'damaged-data',
    `Line ${number} of the file is damaged: ${why}. Nothing of the file was taken over.`,
  )
}
