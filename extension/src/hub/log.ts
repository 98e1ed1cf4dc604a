/** Where the extension tells what it does; VS Code's log channels are such. No names and no messages belong there. */
export interface Log {
  debug(text: string): void
  info(text: string): void
  warn(text: string): void
  error(text: string): void
}
