import { commands, window } from 'vscode'
import { limits } from '../limits.ts'
import { plainLine } from './harmless.ts'

/** Tells something, with commands that a person may go on with, by their labels. */
export async function offer(words: string, ways: Readonly<Record<string, string>>): Promise<void> {
  const chosen = await window.showInformationMessage(plainLine(words, limits.sentence), ...Object.keys(ways))
  const command = chosen === undefined ? undefined : ways[chosen]
  if (command !== undefined) await commands.executeCommand(command)
}
