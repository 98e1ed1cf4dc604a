import type { Terminal } from './terminal.ts'

/** One line on a terminal that says how far something is; nothing where nobody sits in front of it. */
export class Progress {
  readonly #stderr: Terminal['stderr']
  #isShown = false

  constructor({ stderr }: Terminal) {
    this.#stderr = stderr
  }

  show(text: string): void {
    if (!this.#stderr.isTTY) return
    this.#isShown = true
    this.#stderr.write(`\r\x1b[K${text}`)
  }

  end(): void {
    if (this.#isShown) this.#stderr.write('\r\x1b[K')
    this.#isShown = false
  }
}
