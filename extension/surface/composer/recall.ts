/** Remembers what was sent or deleted last, so that Up brings it back into an empty composer. */
export class Recall {
  #longest = ''
  #last = ''

  /** The text to bring back; empty: nothing was written here yet. */
  get last(): string {
    return this.#last
  }

  /** The composer's text has become this. */
  changed(text: string): void {
    if (text === '') this.cleared()
    // Deleting letter by letter, the last one is not what one wants back.
    else if (text.length >= this.#longest.length) this.#longest = text
  }

  /** That was sent. */
  sent(text: string): void {
    this.#last = text
    this.#longest = ''
  }

  private cleared(): void {
    if (this.#longest.trim()) this.#last = this.#longest
    this.#longest = ''
  }
}
