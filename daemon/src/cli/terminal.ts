import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { BuiltIns } from '../plugins/import.ts'
import { harmlessJson } from './harmless.ts'

/** What a command reads from and writes to. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly env: NodeJS.ProcessEnv
  /** The plugins that come with the program. */
  readonly builtIns: BuiltIns
}

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan'

/** Writes a line to stdout. */
export function print(terminal: Terminal, line = ''): void {
  terminal.stdout.write(`${line}\n`)
}

/** Writes one JSON value in one line to stdout. */
export function printJson(terminal: Terminal, value: unknown): void {
  print(terminal, harmlessJson(value))
}

/** Colours `text` on a terminal whose person wants colours (https://no-color.org), and nowhere else. */
export function paint(terminal: Terminal, style: Style, text: string): string {
  const { stdout, env } = terminal
  const wantsColour = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return wantsColour ? styleText(style, text, { validateStream: false }) : text
}
