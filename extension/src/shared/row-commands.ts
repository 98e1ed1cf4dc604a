import { type Command, commands } from 'vscode'
import type { Disposable } from '../event.ts'

/**
 * What a click on a row does: a command for each row, named by the row's id. VS Code keeps an item's command with
 * arguments only until the item is drawn again, and a click in that moment would do nothing; a command that needs no
 * arguments is there as long as the view.
 */
export class RowCommands implements Disposable {
  readonly #command: string
  readonly #title: string
  readonly #ofRows = new Map<string, Disposable>()

  /** `command` is called with the row's id. */
  constructor(command: string, title: string) {
    this.#command = command
    this.#title = title
  }

  of(row: string): Command {
    const command = `_${this.#command}.${row}`
    if (!this.#ofRows.has(row)) {
      const act = () => commands.executeCommand(this.#command, row)
      this.#ofRows.set(row, commands.registerCommand(command, act))
    }
    return { command, title: this.#title }
  }

  dispose(): void {
    for (const each of this.#ofRows.values()) each.dispose()
    this.#ofRows.clear()
  }
}
