import { asParleyError } from '@parley/daemon/client/basics'
import { type LogOutputChannel, window } from 'vscode'
import { limits } from '../limits.ts'
import { plainLine } from './harmless.ts'

/** Does what a person asked for by a command; why it failed is told in words and logged, never thrown. */
export async function reportFailure<T>(log: LogOutputChannel, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    const { code, message } = asParleyError(error)
    log.warn(`${code}: ${message}`)
    void window.showErrorMessage(plainLine(message, limits.sentence))
    return undefined
  }
}
